using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Flow.Storage.Sqlite;

/// <summary>
/// The file while this process owns it: its one writer, and in memory what is due and who holds what. Epochs of claims begin with the epoch of the engine,
/// which grows by every opening, so they grow for ever without being stored.
/// </summary>
internal sealed class OwnedFile : IAsyncDisposable, IDisposable
{
    private const int BitsOfOneEngine = 40;

    private OwnedFile(SqliteDatabase database, ReaderPool readers, TimeProvider clock, ILogger logger, long started)
    {
        var gate = new StoreGate(TaskCreationOptions.RunContinuationsAsynchronously);
        var firstOfEngine = database.Epoch << BitsOfOneEngine;
        Database = database;
        Queue = new(clock, gate, firstOfEngine);
        Signals = new(gate);
        var last = readers.Read(reader => reader.Last());
        var (inputs, owing) = Recover(gate, readers, clock);
        Signals.EventsArrived(last.Event);
        var path = database.Path;
        Writer = new(database, gate, Queue, Signals, clock, logger, last with { Work = Math.Max(last.Work, firstOfEngine) }, () => logger.Closed(path));
        logger.Opened(path, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, database.Epoch, inputs, owing);
    }

    public SqliteDatabase Database { get; }
    public SingleProcessQueue Queue { get; }
    public ChangeSignals Signals { get; }
    public CommitWriter Writer { get; }

    /// <summary>Null when somebody else owns the file.</summary>
    public static OwnedFile? TryOpen(SqliteStoreOptions options, bool unread, ReaderPool readers, TimeProvider clock, ILogger logger)
    {
        var started = Stopwatch.GetTimestamp();
        if (SqliteDatabase.TryOpen(options, unread, logger) is not { } database) return null;
        try
        {
            return new(database, readers, clock, logger, started);
        }
        catch (Exception e)
        {
            database.Dispose();
            if (e is SqliteException trouble) throw SqliteTrouble.ToFlowException(trouble, database.Path);
            throw;
        }
    }

    /// <summary>Writes what was accepted, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await Writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The same, without waiting until it is done.</summary>
    public void Dispose()
    {
        Writer.Complete();
        Queue.Dispose();
    }

    private (int Inputs, int Owing) Recover(StoreGate gate, ReaderPool readers, TimeProvider clock)
    {
        var (wall, now) = (clock.GetUtcNow().ToUnixTimeMilliseconds(), Queue.Now);
        using var turn = gate.Enter();
        return readers.Read(reader =>
        (
            reader.EachInput((to, id, due, requestKey, input) =>
                Queue.Enqueue(to, new(id, now + (due - wall) * TimeSpan.TicksPerMillisecond, input, requestKey))),
            reader.EachOwing(Queue.Owes)
        ));
    }
}
