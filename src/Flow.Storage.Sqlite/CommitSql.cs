using Flow.Engine;
using SQLitePCL;

namespace Flow.Storage.Sqlite;

/// <summary>The statements of a commit, on the writing connection. All checks come before the first row is written, so a refused commit needs no savepoint.</summary>
internal sealed class CommitSql : IDisposable
{
    private readonly sqlite3 database;
    private readonly List<Statement> statements = [];
    private readonly Statement begin, commit, rollback, engine, find, insert, update, appendEvent, enqueue, complete, reserve, unreserve, answer,
        forgetStream, forgetEvents, forgetWork, keepPosition, pruneEvents, pruneKeys;

    public CommitSql(sqlite3 database)
    {
        this.database = database;
        begin = Prepare("BEGIN IMMEDIATE");
        commit = Prepare("COMMIT");
        rollback = Prepare("ROLLBACK");
        engine = Prepare("SELECT epoch FROM engine WHERE id = 1");
        find = Prepare("SELECT id, version FROM streams WHERE kind = ?1 AND key = ?2");
        insert = Prepare("INSERT INTO streams (id, kind, key, version, owes, snapshot) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        update = Prepare("UPDATE streams SET version = ?2, owes = ?3, snapshot = coalesce(?4, snapshot) WHERE id = ?1");
        appendEvent = Prepare("INSERT INTO events (position, stream, version, type, at, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        enqueue = Prepare("INSERT INTO work (id, kind, key, due, request, input) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        complete = Prepare("DELETE FROM work WHERE id = ?1");
        reserve = Prepare("INSERT INTO keys (key, at, waits) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
        unreserve = Prepare("DELETE FROM keys WHERE key = ?1");
        answer = Prepare("UPDATE keys SET answer = ?2 WHERE key = ?1");
        forgetStream = Prepare("DELETE FROM streams WHERE id = ?1");
        forgetEvents = Prepare("DELETE FROM events WHERE stream = ?1");
        forgetWork = Prepare("DELETE FROM work WHERE id > ?1 AND kind = ?2 AND key = ?3");
        keepPosition = Prepare("UPDATE engine SET position = ?1 WHERE id = 1");
        // Old rows stand first: both look at no more rows than they may remove, and the age is that of the first young one.
        pruneEvents = Prepare("""
            DELETE FROM events WHERE position IN (SELECT position FROM events ORDER BY position LIMIT ?2)
                AND position < coalesce((SELECT min(position) FROM (SELECT position, at FROM events ORDER BY position LIMIT ?2) WHERE at >= ?1), 9223372036854775807)
            """);
        pruneKeys = Prepare("""
            DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE id < coalesce((SELECT id FROM keys WHERE at >= ?1 ORDER BY id LIMIT 1), 9223372036854775807)
                AND (waits = 0 OR answer IS NOT NULL) ORDER BY id LIMIT ?2)
            """);
    }

    public void Begin()
    {
        RollBack();
        begin.Run();
    }

    public void Commit() => commit.Run();

    /// <summary>SQLite may have rolled back by itself.</summary>
    public void RollBack()
    {
        if (raw.sqlite3_get_autocommit(database) == 0) rollback.Run();
    }

    public long EngineEpoch()
    {
        try { return engine.Read() ? engine.Integer(0) : 0; }
        finally { engine.Reset(); }
    }

    /// <summary>Row and version of a stream; (0, 0) when it was never written.</summary>
    public (long Row, long Version) Find(StreamId stream)
    {
        try { return find.Bind(1, stream.Kind).Bind(2, stream.Key).Read() ? (find.Integer(0), find.Integer(1)) : default; }
        finally { find.Reset(); }
    }

    public void Insert(long row, StreamChange change) => insert.Bind(1, row).Bind(2, change.Claim.Stream.Kind).Bind(3, change.Claim.Stream.Key)
        .Bind(4, change.ExpectedVersion + 1).Bind(5, change.Owes ? 1 : 0).Bind(6, change.Snapshot.GetValueOrDefault().Span).Run();

    public void Update(long row, StreamChange change)
    {
        update.Bind(1, row).Bind(2, change.ExpectedVersion + 1).Bind(3, change.Owes ? 1 : 0);
        if (change.Snapshot is { } snapshot) update.Bind(4, snapshot.Span);
        update.Run();
    }

    public void Append(long position, long row, long version, NewEvent happened, long at) =>
        appendEvent.Bind(1, position).Bind(2, row).Bind(3, version).Bind(4, happened.Type).Bind(5, at).Bind(6, happened.Json.Span).Run();

    public void Enqueue(long id, NewWork work, long due) =>
        enqueue.Bind(1, id).Bind(2, work.To.Kind).Bind(3, work.To.Key).Bind(4, due).Bind(5, work.RequestKey).Bind(6, work.Input.Span).Run();

    public void Complete(long id) => complete.Bind(1, id).Run();

    public bool TryReserve(string key, long at, bool waits) => reserve.Bind(1, key).Bind(2, at).Bind(3, waits ? 1 : 0).Run() == 1;
    public void Unreserve(string key) => unreserve.Bind(1, key).Run();
    public void Answer(string key, ReadOnlySpan<byte> json) => answer.Bind(1, key).Bind(2, json).Run();

    /// <summary>Removes the stream, its events, and those of its inputs that are newer than an id.</summary>
    public void Forget(long row, StreamId stream, long inputsAfter)
    {
        forgetStream.Bind(1, row).Run();
        forgetEvents.Bind(1, row).Run();
        forgetWork.Bind(1, inputsAfter).Bind(2, stream.Kind).Bind(3, stream.Key).Run();
    }

    /// <summary>After events were removed: the greatest position may be among them, and must not be given out again.</summary>
    public void KeepPosition(long position) => keepPosition.Bind(1, position).Run();

    public int Prune(long before, int atMost)
    {
        var events = pruneEvents.Bind(1, before).Bind(2, atMost).Run();
        return events + pruneKeys.Bind(1, before).Bind(2, atMost - events).Run();
    }

    public void Dispose() => statements.ForEach(statement => statement.Dispose());

    private Statement Prepare(string sql)
    {
        var statement = new Statement(database, sql);
        statements.Add(statement);
        return statement;
    }
}
