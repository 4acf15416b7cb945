using Flow.Engine;
using Microsoft.Data.Sqlite;

namespace Flow.Storage.Sqlite;

/// <summary>A connection that reads what is committed; used by one thread at a time.</summary>
internal sealed class StoreReader : IDisposable
{
    private const string EventsSql = "SELECT e.position, s.kind, s.key, e.version, e.type, e.at, e.json FROM events e JOIN streams s ON s.id = e.stream WHERE ";
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);

    public StoreReader(string path) => connection = SqliteDatabase.Connect(path, SqliteOpenMode.ReadOnly);

    public StreamRecord? Load(StreamId stream) =>
        Use("SELECT version, owes, snapshot FROM streams WHERE kind = ?1 AND key = ?2", row =>
            row.Bind(1, stream.Kind).Bind(2, stream.Key).Read() ? new StreamRecord(stream, row.Integer(0), row.Blob(2), row.Integer(1) != 0) : null);

    public IReadOnlyList<StreamRecord> List(string kind, string? afterKey, int max) =>
        Use("SELECT key, version, owes, snapshot FROM streams WHERE kind = ?1 AND key > ?2 ORDER BY key LIMIT ?3", row => ReadAll(
            row.Bind(1, kind).Bind(2, afterKey ?? "").Bind(3, max), r => new StreamRecord(new(kind, r.Text(0)), r.Integer(1), r.Blob(3), r.Integer(2) != 0)));

    public IReadOnlyList<StoredEvent> Events(long after, int max) =>
        Use(EventsSql + "e.position > ?1 ORDER BY e.position LIMIT ?2", row => ReadAll(row.Bind(1, after).Bind(2, max), ToEvent));

    public IReadOnlyList<StoredEvent> Events(StreamId stream, long after, int max) =>
        Use(EventsSql + "e.stream = (SELECT id FROM streams WHERE kind = ?1 AND key = ?2) AND e.position > ?3 ORDER BY e.position LIMIT ?4", row =>
            ReadAll(row.Bind(1, stream.Kind).Bind(2, stream.Key).Bind(3, after).Bind(4, max), ToEvent));

    public long CountEvents() => Use("SELECT count(*) FROM events", row => row.Read() ? row.Integer(0) : 0);

    public KeyRecord? FindKey(string key) => Use("SELECT answer FROM keys WHERE key = ?1", row =>
        row.Bind(1, key).Read() ? new KeyRecord(key, row.BlobOrNull(0)) : null);

    /// <summary>Null when it is gone.</summary>
    public ReadOnlyMemory<byte>? Input(long id) => Use("SELECT input FROM work WHERE id = ?1", row =>
        row.Bind(1, id).Read() ? row.BlobOrNull(0) : null);

    public StoredPositions Last() => Use("""
        SELECT max(coalesce((SELECT max(position) FROM events), 0), (SELECT position FROM engine WHERE id = 1)),
            coalesce((SELECT max(id) FROM streams), 0), coalesce((SELECT max(id) FROM work), 0)
        """, row => { row.Read(); return new StoredPositions(row.Integer(0), row.Integer(1), row.Integer(2)); });

    public int EachOwing(Action<StreamId> each) => Use("SELECT kind, key FROM streams WHERE owes = 1", row =>
    {
        var count = 0;
        for (; row.Read(); count++) each(new(row.Text(0), row.Text(1)));
        return count;
    });

    /// <summary>All inputs that wait: to whom, id, due time in Unix milliseconds, request key, and the input itself when it is small.</summary>
    public int EachInput(Action<StreamId, long, long, string?, ReadOnlyMemory<byte>?> each) =>
        Use($"SELECT kind, key, id, due, request, CASE WHEN length(input) <= {CommitRows.InputInMemory} THEN input END FROM work ORDER BY due, id", row =>
        {
            var count = 0;
            for (; row.Read(); count++)
                each(new(row.Text(0), row.Text(1)), row.Integer(2), row.Integer(3), row.TextOrNull(4), row.BlobOrNull(5));
            return count;
        });

    public void Dispose()
    {
        foreach (var statement in statements.Values) statement.Dispose();
        connection.Dispose();
    }

    private static StoredEvent ToEvent(Statement row) =>
        new(row.Integer(0), new(row.Text(1), row.Text(2)), row.Integer(3), row.Text(4), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(5)), row.Blob(6));

    private static List<T> ReadAll<T>(Statement row, Func<Statement, T> read)
    {
        var all = new List<T>();
        while (row.Read()) all.Add(read(row));
        return all;
    }

    /// <summary>Reset at once: a statement left open would keep an old snapshot, and with it the log from being written back.</summary>
    private T Use<T>(string sql, Func<Statement, T> use)
    {
        if (!statements.TryGetValue(sql, out var statement)) statements[sql] = statement = new(connection.Handle!, sql);
        try { return use(statement); }
        finally { statement.Reset(); }
    }
}
