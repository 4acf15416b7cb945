using Flow.Pipelines;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>A flow whose every point is tried. Points count from where the script says.</summary>
/// <param name="Name">Such as <c>first deploy</c>.</param>
/// <param name="Script">What people do, and how it must be in the end.</param>
internal sealed record CanonicalFlow(string Name, Func<CrashCase, Task> Script)
{
    public PipelineDefinition Pipeline { get; init; } = CanonicalFlows.Shop;

    /// <summary>Of every artifact, beside <c>web</c>.</summary>
    public IReadOnlyDictionary<string, string> ProcessTypes { get; init; } = new Dictionary<string, string>();

    /// <summary>What the first commit says of itself; null: nothing.</summary>
    public DrawnManifest? Manifest { get; init; }

    /// <summary>The host has a step of its own, a smoke test after the deployment, and a status reporter.</summary>
    public bool HasHostStepAndReporter { get; init; }

    /// <summary>A situation that the witness has met when nothing goes wrong: otherwise the flow is not what its name says.</summary>
    public string? Meets { get; init; }

    /// <summary>Of the outside's own chance: how often something is at work still.</summary>
    public int Seed { get; init; } = 1;
}
