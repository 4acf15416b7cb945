namespace Flow.Storage.Sqlite;

/// <summary>
/// Checks one commit and writes its rows, inside the writer's transaction. Gives out positions and ids; those of a transaction that fails are not used again.
/// </summary>
internal sealed class CommitRows(CommitSql sql, StoredPositions last)
{
    /// <summary>Larger inputs are read from the file when they are due.</summary>
    public const int InputInMemory = 4_096;

    private long lastRow = last.Row;

    public long LastPosition { get; private set; } = last.Event;
    public long LastInput { get; private set; } = last.Work;

    /// <param name="request">The commit; its stream is marked as being committed, unless the claim is lost.</param>
    /// <param name="now">Ticks of the queue's clock.</param>
    /// <param name="at">Unix milliseconds.</param>
    /// <param name="inputsBefore">The last input before this transaction: those after it are not in memory yet.</param>
    public CommitResult Write(CommitRequest request, long now, long at, long inputsBefore)
    {
        var commit = request.Commit;
        if (commit.Change is { } change)
        {
            if (request.Slot is not { } slot) return new(CommitStatus.FenceLost);
            if (slot.Row == 0) (slot.Row, slot.Version) = sql.Find(slot.Stream);
            if (slot.Version != change.ExpectedVersion) return new(CommitStatus.VersionConflict);
            if (!slot.HasAll(commit.Complete)) return new(CommitStatus.WorkGone);
            if (Reserve(commit, at) is { } taken) return new(CommitStatus.KeyTaken, Key: taken);
            WriteChange(request, slot, change, at);
        }
        else if (Reserve(commit, at) is { } taken) return new(CommitStatus.KeyTaken, Key: taken);

        for (var i = 0; i < commit.Answers.Count; i++) sql.Answer(commit.Answers[i].Key, commit.Answers[i].Value.Span);
        for (var i = 0; i < commit.Enqueue.Count; i++)
        {
            var work = commit.Enqueue[i];
            ReadOnlyMemory<byte>? kept = null;
            if (work.Input.Length <= InputInMemory) kept = work.Input.ToArray();
            request.Enqueued[i] = new(++LastInput, SingleProcessQueue.Later(now, work.After), kept, work.RequestKey);
            sql.Enqueue(LastInput, work, StoredTime.Later(at, work.After));
        }
        if (commit.Change is not { Forget: true } forget) return new(CommitStatus.Ok, commit.Change is null or { Unwritten: true } ? 0 : commit.Change.ExpectedVersion + 1);

        foreach (var waiting in request.Slot!.Work) sql.Complete(waiting.Id);
        sql.Forget(request.Row, forget.Claim.Stream, inputsBefore);
        sql.KeepPosition(LastPosition);
        return new(CommitStatus.Ok);
    }

    private void WriteChange(CommitRequest request, StreamSlot slot, StreamChange change, long at)
    {
        if (change.Unwritten) request.Row = 0;
        else if (slot.Row == 0) sql.Insert(request.Row = ++lastRow, change);
        else sql.Update(request.Row = slot.Row, change);
        for (var i = 0; i < change.Events.Count; i++) sql.Append(++LastPosition, request.Row, change.ExpectedVersion + 1, change.Events[i], at);
        for (var i = 0; i < request.Commit.Complete.Count; i++) sql.Complete(request.Commit.Complete[i]);
    }

    /// <summary>The key that was taken, and then none of the others is.</summary>
    private string? Reserve(FlowCommit commit, long at)
    {
        for (var i = 0; i < commit.Reserve.Count; i++)
        {
            var key = commit.Reserve[i];
            if (sql.TryReserve(key, at, commit.Enqueue.Any(work => work.RequestKey == key))) continue;
            while (--i >= 0) sql.Unreserve(commit.Reserve[i]);
            return key;
        }
        return null;
    }
}
