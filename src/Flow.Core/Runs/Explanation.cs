namespace Flow.Runs;

/// <summary>
/// Why something is not moving, as a tree: what it waits for, and what that waits for in turn. The leaves are what somebody, or time, can change.
/// </summary>
public sealed record Explanation
{
    /// <summary>For a person: what is waited for, or what is being done. May hold text from outside: encode it for where it goes.</summary>
    public required string What { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Who or what can change it.</summary>
    public string? Owner { get; init; }

    /// <summary>When it is looked at again at the latest; null: it is told, or nobody looks.</summary>
    public DateTimeOffset? NextLook { get; init; }

    /// <summary>The run that it is about, when it is about one.</summary>
    public RunId? Run { get; init; }

    /// <summary>What it waits for in turn. Empty: this is the reason.</summary>
    public IReadOnlyList<Explanation> Because { get; init; } = [];
}
