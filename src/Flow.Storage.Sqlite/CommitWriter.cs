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

    private readonly Channel<IWriteRequest> requests = Channel.CreateUnbounded<IWriteRequest>(new() { SingleReader = true });
    private readonly SqliteDatabase database;
    private readonly CommitSql sql;
    private readonly SpareSpace spare;
    private readonly CommitRows rows;
    private readonly StoreGate gate;
    private readonly SingleProcessQueue queue;
    private readonly ChangeSignals signals;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Action closed;
    private readonly Task running;
    private long lastAt, refused;
    private bool freed;
    private volatile bool superseded;

    public CommitWriter(SqliteDatabase database, StoreGate gate, SingleProcessQueue queue, ChangeSignals signals, TimeProvider clock, ILogger logger, StoredPositions last, Action closed)
    {
        (this.database, this.gate, this.queue, this.signals, this.clock, this.logger, this.closed) = (database, gate, queue, signals, clock, logger, closed);
        sql = new(database.Handle);
        spare = new(database.Handle);
        rows = new(sql, last);
        running = RunAsync();
    }

    /// <summary>Another engine has opened the file since.</summary>
    public bool Superseded => superseded;

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
                while (freed && !requests.Reader.TryPeek(out _) && !requests.Reader.Completion.IsCompleted) GiveBack();
            }
        }
        finally
        {
            Complete();
            spare.Dispose();
            sql.Dispose();
            database.Dispose();
            closed();
            // Empty, unless something that must not happen has ended the loop: even then nobody waits for ever.
            foreach (var request in batch.Concat(later)) request.Fail(new ObjectDisposedException(nameof(SqliteFlowStore)));
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
            foreach (var request in batch.ToArray()) Write([request], later);
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
        var (now, inputsBefore) = (queue.Now, rows.LastInput);
        try
        {
            sql.Begin();
            if (IsOurs())
            {
                var at = WallClock();
                foreach (var request in batch)
                {
                    if (IsBusy(request)) later.Add(request);
                    else request.Result = rows.Write(request, now, at, inputsBefore);
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
            if (later.Count > 0) batch.RemoveAll(later.Contains);
            foreach (var request in batch) Apply(request);
            if (rows.LastPosition > signals.LastPosition) signals.EventsArrived(rows.LastPosition);
        }
        if (refused > 0 && batch.Exists(request => request.Result.Status == CommitStatus.Ok)) Recovered();
        foreach (var request in batch) request.TrySetResult(request.Result);
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
            if (removed > 0) sql.KeepPosition(rows.LastPosition);
            sql.Commit();
            freed = true;
            request.TrySetResult(removed);
        }
        catch (Exception e)
        {
            sql.RollBack();
            Fail(request, e);
        }
    }

    /// <summary>A step between two batches, when nobody waits.</summary>
    private void GiveBack()
    {
        try
        {
            sql.Begin();
            freed = IsOurs() && spare.GiveBack();
            sql.Commit();
        }
        catch (SqliteException)
        {
            // Such as a disk that is full just now: after the next sweep.
            freed = false;
            sql.RollBack();
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
