namespace Flow.Storage;

/// <summary>What no store can make sense of.</summary>
internal static class CommitShape
{
    public static void ThrowIfMalformed(this FlowCommit commit)
    {
        ArgumentNullException.ThrowIfNull(commit);
        if (commit.Change is null && commit.Complete.Count > 0)
            throw new ArgumentException("Only the holder of a stream can complete its inputs: set FlowCommit.Change.", nameof(commit));
        if (commit.Change is { ExpectedVersion: < 0 })
            throw new ArgumentException("StreamChange.ExpectedVersion is 0 for a stream that was never written, and grows from there.", nameof(commit));
    }
}
