using System.Diagnostics;
using Flow.Engine;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Flow.Storage.Sqlite;

/// <summary>
/// The state in one SQLite file that one process owns. What is due and who holds what is in memory: claiming, renewing and waiting touch no disk.
/// Epochs of claims begin with the epoch of the engine, which grows by every opening, so they grow for ever without being stored.
/// </summary>
internal sealed class SqliteFlowStore : IFlowStore, IAsyncDisposable, IDisposable
{
    private const int BitsOfOneEngine = 40;
    private readonly StoreGate gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SingleProcessQueue queue;
    private readonly ChangeSignals signals;
    private readonly ReaderPool readers;
    private readonly CommitWriter writer;

    public SqliteFlowStore(SqliteStoreOptions options, TimeProvider clock, ILogger<SqliteFlowStore> logger)
    {
        var started = Stopwatch.GetTimestamp();
        var database = SqliteDatabase.Open(options.Path, logger);
        try
        {
            var firstOfEngine = database.Epoch << BitsOfOneEngine;
            queue = new(clock, gate, firstOfEngine);
            signals = new(gate);
            readers = new(database.Path);
            var last = readers.Read(reader => reader.Last());
            var (inputs, owing) = Recover(clock);
            signals.EventsArrived(last.Event);
            var path = database.Path;
            Database = database;
            writer = new(database, gate, queue, signals, clock, logger, last with { Work = Math.Max(last.Work, firstOfEngine) }, () => logger.Closed(path));
            logger.Opened(path, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, database.Epoch, inputs, owing);
        }
        catch (Exception e)
        {
            readers?.Dispose();
            database.Dispose();
            if (e is SqliteException trouble) throw SqliteTrouble.ToFlowException(trouble, database.Path);
            throw;
        }
    }

    /// <summary>For tests that give the file troubles.</summary>
    internal SqliteDatabase Database { get; }

    private (int Inputs, int Owing) Recover(TimeProvider clock)
    {
        var (wall, now) = (clock.GetUtcNow().ToUnixTimeMilliseconds(), queue.Now);
        using var turn = gate.Enter();
        return readers.Read(reader =>
        (
            reader.EachInput((to, id, due, requestKey, input) =>
                queue.Enqueue(to, new(id, now + (due - wall) * TimeSpan.TicksPerMillisecond, input, requestKey))),
            reader.EachOwing(queue.Owes)
        ));
    }

    public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(readers.Read(reader => reader.Load(stream)));
    }

    public ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
    {
        commit.ThrowIfMalformed();
        cancellationToken.ThrowIfCancellationRequested();
        return new(writer.WriteAsync(new CommitRequest(commit)).WaitAsync(cancellationToken));
    }

    public ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Nothing that is claimed could be committed: whoever claims in a loop must learn that it is over.
        if (writer.Superseded) throw new FlowException("store-taken-over", $"Another engine has taken over '{Database.Path}': this process can do nothing any more. Stop it.");
        return new(queue.Claim(max, lease));
    }

    public ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        return new(queue.Renew(claim, lease));
    }

    public ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        queue.Release(claim, notBefore);
        return default;
    }

    public ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        var due = queue.ReadWork(claim, max);
        if (due.Count == 0) return new([]);
        var items = new List<WorkItem>(due.Count);
        foreach (var work in due)
        {
            if ((work.Input ?? Large(work.Id)) is { } input) items.Add(new(work.Id, input, work.RequestKey));
        }
        return new(items);
    }

    private ReadOnlyMemory<byte>? Large(long id) => readers.Read(reader => reader.Input(id));

    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return queue.WaitForWorkAsync(claim, cancellationToken);
    }

    public Task WaitForClaimsAsync(CancellationToken cancellationToken) => queue.WaitForClaimsAsync(cancellationToken);

    public ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return new(readers.Read(reader => reader.FindKey(key)));
    }

    public Task WaitForAnswerAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        return signals.WaitForAnswerAsync(key, () => readers.Read(reader => reader.FindKey(key)) is { Answer: not null }, cancellationToken);
    }

    public ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        return new(readers.Read(reader => reader.List(kind, afterKey, max)));
    }

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        return new(readers.Read(reader => reader.Events(afterPosition, max)));
    }

    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        return new(readers.Read(reader => reader.Events(stream, afterPosition, max)));
    }

    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken) => signals.WaitForEventsAsync(afterPosition, cancellationToken);

    public ValueTask<long> CountEventsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(readers.Read(reader => reader.CountEvents()));
    }

    public ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(writer.WriteAsync(new PruneRequest(olderThan)).WaitAsync(cancellationToken));
    }

    /// <summary>Writes what was accepted, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The same, without waiting until it is done.</summary>
    public void Dispose()
    {
        writer.Complete();
        queue.Dispose();
        readers.Dispose();
    }
}
