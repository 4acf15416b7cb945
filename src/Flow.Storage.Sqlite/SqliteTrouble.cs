using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Flow.Storage.Sqlite;

/// <summary>What SQLite's result codes mean for whoever called the store.</summary>
internal static class SqliteTrouble
{
    public static FlowException ToFlowException(SqliteException cause, string path) => (cause.SqliteErrorCode & 0xff) switch
    {
        raw.SQLITE_FULL => new("store-full", $"The disk (or the quota) of '{path}' is full. Nothing was written; make room.", transient: true, cause),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new("store-corrupt",
            $"'{path}' is damaged or is no SQLite database. Restore it from a backup, or move it away to begin anew.", transient: false, cause),
        raw.SQLITE_TOOBIG => new("store-too-large", "A part of the commit is larger than SQLite can keep. Nothing was written.", transient: false, cause),
        _ => new("store-unavailable", $"'{path}' cannot be read or written just now (SQLite result {cause.SqliteExtendedErrorCode}).", transient: true, cause),
    };

    public static SqliteException From(sqlite3 database, int result) =>
        new($"SQLite result {result}: {raw.sqlite3_errmsg(database).utf8_to_string()}", result & 0xff, result);
}
