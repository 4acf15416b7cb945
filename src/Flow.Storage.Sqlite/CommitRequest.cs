namespace Flow.Storage.Sqlite;

/// <summary>Something for the writer to do, and who waits for it.</summary>
internal abstract class WriteRequest<T>() : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously), IWriteRequest
{
    public void Fail(Exception cause) => TrySetException(cause);
}

internal interface IWriteRequest
{
    void Fail(Exception cause);
}

internal sealed class PruneRequest(TimeSpan olderThan) : WriteRequest<int>
{
    public TimeSpan OlderThan { get; } = olderThan;
}

/// <summary>A commit on its way, with what is to change in memory once it is written.</summary>
internal sealed class CommitRequest(FlowCommit commit) : WriteRequest<CommitResult>
{
    public FlowCommit Commit { get; } = commit;
    public CommitResult Result { get; set; }
    /// <summary>The changed stream, marked as being committed.</summary>
    public StreamSlot? Slot { get; set; }
    public long Row { get; set; }
    public PendingWork?[] Enqueued { get; } = commit.Enqueue.Count == 0 ? [] : new PendingWork?[commit.Enqueue.Count];
}
