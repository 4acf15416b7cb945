using System.Text.Json.Serialization;
using Flow.Engine;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Builds;

/// <summary>One build, shared by everybody who needs an artifact of the same tree, root folder, builder version and trust.</summary>
public sealed record BuildState
{
    /// <summary>What to build; null before anybody wanted it.</summary>
    public BuildOrder? Order { get; init; }
    /// <summary>Runs that wait for it.</summary>
    public IReadOnlyList<RunId> Wanted { get; init; } = [];
    /// <summary>The result.</summary>
    public Artifact? Artifact { get; init; }
    /// <summary>Attempt, from 1; a new one after each known failure or stop.</summary>
    public int Attempt { get; init; } = 1;
    /// <summary>Something may be running for the present attempt.</summary>
    public bool Started { get; init; }
    /// <summary>Nobody wants it any more: whatever runs for the present attempt is being stopped.</summary>
    public bool Stopping { get; init; }
    /// <summary>So often the present wish failed for reasons that may pass.</summary>
    public int Failures { get; init; }
    /// <summary>Waits before the next attempt.</summary>
    public bool Resting { get; init; }
    /// <summary>When somebody last wanted it.</summary>
    public DateTimeOffset LastWanted { get; init; }
}

/// <summary>What to build.</summary>
public sealed record BuildOrder
{
    /// <summary>For which pipeline; its builds share a cache.</summary>
    public required PipelineName Pipeline { get; init; }
    /// <summary>Where the code lives.</summary>
    public required SourceRepository Repository { get; init; }
    /// <summary>Source provider.</summary>
    public required string Source { get; init; }
    /// <summary>Builder.</summary>
    public required string Builder { get; init; }
    /// <summary>The code.</summary>
    public required Revision Revision { get; init; }
    /// <summary>Buildpacks that the code asks for.</summary>
    public IReadOnlyList<string> Buildpacks { get; init; } = [];
    /// <summary>Stack that the code asks for.</summary>
    public string? Stack { get; init; }
    /// <summary>At most this long.</summary>
    public required TimeSpan Timeout { get; init; }
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(WantArtifact), "want")]
[JsonDerivedType(typeof(UnwantArtifact), "unwant")]
[JsonDerivedType(typeof(BuildCompleted), "completed")]
[JsonDerivedType(typeof(BuildAttemptFailed), "failed")]
[JsonDerivedType(typeof(BuildRested), "rested")]
[JsonDerivedType(typeof(BuildStopped), "stopped")]
[JsonDerivedType(typeof(ExpireBuild), "expire")]
internal abstract record BuildInput : Input;

internal sealed record WantArtifact(RunId Run, BuildOrder Order) : BuildInput;
internal sealed record UnwantArtifact(RunId Run) : BuildInput;
internal sealed record BuildCompleted(Artifact Artifact) : BuildInput;

/// <summary>Unsure: nobody knows what became of it, so the next try is the same attempt.</summary>
internal sealed record BuildAttemptFailed(Failure Failure, bool Unsure = false) : BuildInput;
internal sealed record BuildRested(int Failures) : BuildInput;
internal sealed record BuildStopped : BuildInput;

/// <summary>No release refers to its artifact any more, said by somebody who has looked at all of them.</summary>
internal sealed record ExpireBuild(DateTimeOffset NotWantedSince) : BuildInput;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(ArtifactWanted), "wanted")]
[JsonDerivedType(typeof(ArtifactUnwanted), "unwanted")]
[JsonDerivedType(typeof(ArtifactBuilt), "built")]
[JsonDerivedType(typeof(BuildFailedOnce), "failed")]
[JsonDerivedType(typeof(BuildGivenUp), "given-up")]
[JsonDerivedType(typeof(BuildResumed), "resumed")]
[JsonDerivedType(typeof(BuildEnded), "ended")]
internal abstract record BuildEvent : Event;

internal sealed record ArtifactWanted(RunId Run, BuildOrder Order, DateTimeOffset At) : BuildEvent;
internal sealed record ArtifactUnwanted(RunId Run) : BuildEvent;
internal sealed record ArtifactBuilt(Artifact Artifact) : BuildEvent;
internal sealed record BuildFailedOnce(Failure Failure, bool Unsure = false) : BuildEvent;
internal sealed record BuildGivenUp(Failure Failure, bool Unsure = false) : BuildEvent;
internal sealed record BuildResumed : BuildEvent;
internal sealed record BuildEnded : BuildEvent;
