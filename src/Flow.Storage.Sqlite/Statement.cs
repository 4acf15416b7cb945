using System.Text;
using SQLitePCL;

namespace Flow.Storage.Sqlite;

/// <summary>
/// A prepared statement, used again and again by one thread at a time. Beneath ADO.NET, because boxed parameters and a reader object for each execution
/// cost more than the statement itself (measured: about half of the commits per second).
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 database;
    private readonly sqlite3_stmt statement;

    public Statement(sqlite3 database, string sql)
    {
        this.database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out statement));
    }

    public Statement Bind(int at, long value)
    {
        Check(raw.sqlite3_bind_int64(statement, at, value));
        return this;
    }

    public Statement Bind(int at, string? value)
    {
        if (value is null) Check(raw.sqlite3_bind_null(statement, at));
        else if (value.Length is 0 or > 128) Check(raw.sqlite3_bind_text(statement, at, value));
        else
        {
            Span<byte> bytes = stackalloc byte[value.Length * 3];
            Check(raw.sqlite3_bind_text(statement, at, bytes[..Encoding.UTF8.GetBytes(value, bytes)]));
        }
        return this;
    }

    public Statement Bind(int at, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, and SQLite would read that as NULL.
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, at, 0) : raw.sqlite3_bind_blob(statement, at, value));
        return this;
    }

    /// <summary>Executes it to its end and returns how many rows it changed.</summary>
    public int Run()
    {
        var result = raw.sqlite3_step(statement);
        Reset();
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW)) throw SqliteTrouble.From(database, result);
        return raw.sqlite3_changes(database);
    }

    /// <summary>The next row, or false after the last; then, and when the caller stops early, it must be <see cref="Reset"/>.</summary>
    public bool Read()
    {
        var result = raw.sqlite3_step(statement);
        if (result == raw.SQLITE_ROW) return true;
        if (result == raw.SQLITE_DONE) return false;
        throw SqliteTrouble.From(database, result);
    }

    public void Reset()
    {
        raw.sqlite3_reset(statement);
        raw.sqlite3_clear_bindings(statement);
    }

    public long Integer(int at) => raw.sqlite3_column_int64(statement, at);
    public bool IsNull(int at) => raw.sqlite3_column_type(statement, at) == raw.SQLITE_NULL;
    public string Text(int at) => raw.sqlite3_column_text(statement, at).utf8_to_string();
    public ReadOnlyMemory<byte> Blob(int at) => raw.sqlite3_column_blob(statement, at).ToArray();
    // Not with ?: and null alone: that null would be an array, which converts to an empty memory.
    public ReadOnlyMemory<byte>? BlobOrNull(int at) => IsNull(at) ? default(ReadOnlyMemory<byte>?) : Blob(at);
    public string? TextOrNull(int at) => IsNull(at) ? null : Text(at);

    public void Dispose() => statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) throw SqliteTrouble.From(database, result);
    }
}
