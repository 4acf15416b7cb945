using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Flow.Storage.Sqlite;

/// <summary>
/// The one writer of the file. It takes all commits that wait and writes them in one transaction with one flush; each is accepted or refused alone.
/// Memory changes only after the transaction is durable, and only here.
/// </summary>
internal sealed class CommitWriter : IAsyncDisposable
{
    private const int BatchSize = 256, PruneAtMost = 10_000;
    /// <summary>Larger inputs are read from the file when they are due.</summary>
    public const int InputInMemory = 4_096;

    private readonly Channel<IWriteRequest> requests = Channel.CreateUnbounded<IWriteRequest>(new() { SingleReader = true });
    private readonly SqliteDatabase database;
    private readonly CommitSql sql;
    private readonly StoreGate gate;
    private readonly SingleProcessQueue queue;
    private readonly ChangeSignals signals;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Action closed;
    private readonly Task running;
    private long lastPosition, lastRow, lastWork, lastAt;
    private long refused;
    private bool superseded;

    public CommitWriter(SqliteDatabase database, StoreGate gate, SingleProcessQueue queue, ChangeSignals signals, TimeProvider clock, ILogger logger, StoredPositions last, Action closed)
    {
        (this.database, this.gate, this.queue, this.signals, this.clock, this.logger, this.closed) = (database, gate, queue, signals, clock, logger, closed);
        (lastPosition, lastRow, lastWork) = (last.Event, last.Row, last.Work);
        sql = new(database.Handle);
        running = RunAsync();
    }


    public Task<T> WriteAsync<T>(WriteRequest<T> request)
    {
        ObjectDisposedException.ThrowIf(!requests.Writer.TryWrite(request), typeof(SqliteFlowStore));
        return request.Task;
    }

    /// <summary>No more is accepted; what was accepted is still written.</summary>
    public void Complete() => requests.Writer.TryComplete();

    /// <summary>Completes when all that was accepted is written and the file is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        Complete();
        await running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var (batch, later) = (new List<CommitRequest>(BatchSize), new List<CommitRequest>());
        try
        {
            while (await requests.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                do
                {
                    (batch, later) = (later, batch);
                    later.Clear();
                    PruneRequest? prune = null;
                    while (batch.Count < BatchSize && prune is null && requests.Reader.TryRead(out var request))
                    {
                        if (request is CommitRequest commit) batch.Add(commit);
                        else prune = (PruneRequest)request;
                    }
                    if (batch.Count > 0) Write(batch, later);
                    if (prune is not null) Prune(prune);
                }
                while (later.Count > 0);
            }
        }
        finally
        {
            Complete();
            sql.Dispose();
            database.Dispose();
            closed();
            while (requests.Reader.TryRead(out var request)) request.Fail(new ObjectDisposedException(nameof(SqliteFlowStore)));
        }
    }

    private void Write(List<CommitRequest> batch, List<CommitRequest> later)
    {
        try { WriteTogether(batch, later); }
        catch (Exception e) when (batch.Count > 1)
        {
            // One of them may be to blame: the others must not suffer for it.
            if (refused == 0) logger.BatchFailed(e, batch.Count, database.Path);
            later.Clear();
            foreach (var request in batch) Write([request], later);
        }
        catch (Exception e) { Fail(batch[0], e); }
    }

    private void Fail(IWriteRequest request, Exception cause)
    {
        // Once: a disk that is full must not be filled further with a line for every refused commit.
        if (refused++ == 0) logger.CommitFailed(cause, database.Path);
        request.Fail(cause is SqliteException trouble ? SqliteTrouble.ToFlowException(trouble, database.Path) : cause);
    }

    private void Recovered()
    {
        logger.Recovered(database.Path, refused);
        refused = 0;
    }

    private void WriteTogether(List<CommitRequest> batch, List<CommitRequest> later)
    {
        var (now, firstWork, deferred) = (queue.Now, lastWork, 0);
        try
        {
            sql.Begin();
            if (IsOurs())
            {
                var at = WallClock();
                foreach (var request in batch)
                {
                    if (IsBusy(request)) { later.Add(request); deferred++; }
                    else request.Result = Write(request, now, at, firstWork);
                }
            }
            else foreach (var request in batch) request.Result = new(CommitStatus.FenceLost);
            sql.Commit();
        }
        catch
        {
            using (gate.Enter())
                foreach (var request in batch) Abandon(request);
            sql.RollBack();
            throw;
        }
        using (gate.Enter())
        {
            foreach (var request in batch)
                if (deferred == 0 || !later.Contains(request)) Apply(request);
            if (lastPosition > signals.LastPosition) signals.EventsArrived(lastPosition);
        }
        if (refused > 0 && batch.Exists(request => request.Result.Status == CommitStatus.Ok)) Recovered();
        foreach (var request in batch)
            if (deferred == 0 || !later.Contains(request)) request.TrySetResult(request.Result);
    }

    /// <summary>One change of a stream in a transaction: the next one is checked against what memory knows after it.</summary>
    private bool IsBusy(CommitRequest request)
    {
        if (request.Commit.Change is not { } change) return false;
        using var turn = gate.Enter();
        if (queue.Current(change.Claim) is not { } slot) return false;
        if (slot.Committing) return true;
        slot.Committing = true;
        request.Slot = slot;
        return false;
    }

    private CommitResult Write(CommitRequest request, long now, long at, long inputsBefore)
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
            request.Enqueued[i] = new(++lastWork, SingleProcessQueue.Later(now, work.After), kept, work.RequestKey);
            sql.Enqueue(lastWork, work, StoredTime.Later(at, work.After));
        }
        if (commit.Change is not { Forget: true } forget) return new(CommitStatus.Ok, commit.Change is null ? 0 : commit.Change.ExpectedVersion + 1);

        foreach (var waiting in request.Slot!.Work) sql.Complete(waiting.Id);
        sql.Forget(request.Row, forget.Claim.Stream, inputsBefore);
        sql.KeepPosition(lastPosition);
        return new(CommitStatus.Ok);
    }

    private void WriteChange(CommitRequest request, StreamSlot slot, StreamChange change, long at)
    {
        if (slot.Row == 0) sql.Insert(request.Row = ++lastRow, change);
        else sql.Update(request.Row = slot.Row, change);
        for (var i = 0; i < change.Events.Count; i++) sql.Append(++lastPosition, request.Row, change.ExpectedVersion + 1, change.Events[i], at);
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

    private void Apply(CommitRequest request)
    {
        if (request.Result.Status != CommitStatus.Ok) { Abandon(request); return; }
        var commit = request.Commit;
        for (var i = 0; i < commit.Enqueue.Count; i++) queue.Enqueue(commit.Enqueue[i].To, request.Enqueued[i]!);
        for (var i = 0; i < commit.Answers.Count; i++) signals.Answered(commit.Answers[i].Key);
        if (request.Slot is not { } slot) return;
        if (commit.Change!.Forget) { queue.Forget(slot); return; }
        (slot.Row, slot.Version) = (request.Row, request.Result.Version);
        queue.Committed(slot, commit.Complete, commit.Change.Owes);
    }

    private void Abandon(CommitRequest request)
    {
        if (request.Slot is { } slot) queue.Abandon(slot);
        request.Slot = null;
    }

    private void Prune(PruneRequest request)
    {
        try
        {
            sql.Begin();
            var removed = IsOurs() ? sql.Prune(WallClock() - StoredTime.Milliseconds(request.OlderThan), PruneAtMost) : 0;
            if (removed > 0) sql.KeepPosition(lastPosition);
            sql.Commit();
            request.TrySetResult(removed);
        }
        catch (Exception e)
        {
            sql.RollBack();
            Fail(request, e);
        }
    }

    private bool IsOurs()
    {
        if (!superseded && sql.EngineEpoch() != database.Epoch)
        {
            superseded = true;
            logger.Superseded(database.Path);
        }
        return !superseded;
    }

    /// <summary>Never back, so that inputs keep their order when somebody sets the clock.</summary>
    private long WallClock() => lastAt = Math.Max(lastAt, clock.GetUtcNow().ToUnixTimeMilliseconds());
}
