namespace Flow.Testing.Simulation;

/// <summary>What one seed led to.</summary>
public sealed record FlowSimulationResult
{
    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>What was violated first, in words; null when everything held.</summary>
    public string? Violation { get; init; }

    /// <summary>Which of <see cref="FlowInvariants.All"/> that was.</summary>
    public FlowInvariant? Invariant { get; init; }

    /// <summary>Turns that chance has given.</summary>
    public required long Steps { get; init; }

    /// <summary>A digest of all that happened, in its order: equal for the same seed on every machine.</summary>
    public required ulong Trace { get; init; }

    /// <summary>How often each situation occurred; those that did not are missing.</summary>
    public required IReadOnlyDictionary<string, int> Situations { get; init; }

    /// <summary>What happened, line by line; empty unless it was asked for.</summary>
    public IReadOnlyList<string> Story { get; init; } = [];
}
