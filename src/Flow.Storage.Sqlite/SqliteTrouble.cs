using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Flow.Storage.Sqlite;

/// <summary>What SQLite's result codes mean for whoever called the store.</summary>
internal static class SqliteTrouble
{
    public const string Full = "store-full", Corrupt = "store-corrupt", Unavailable = "store-unavailable", StandBy = "store-standby";

    /// <summary>Less is nothing: a commit needs a few pages in the log.</summary>
    private const long LeastRoom = 64 * 1024;

    public static FlowException ToFlowException(SqliteException cause, string path) => (cause.SqliteErrorCode & 0xff) switch
    {
        raw.SQLITE_FULL => IsFull(path, cause),
        // Not all of SQLite's calls of the system tell a full disk from a broken one.
        raw.SQLITE_IOERR when !HasRoom(path) => IsFull(path, cause),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => IsCorrupt(path, null, cause),
        raw.SQLITE_TOOBIG => new("store-too-large", "A part of the commit is larger than SQLite can keep. Nothing was written.", transient: false, cause),
        _ => new(Unavailable, $"'{path}' cannot be read or written just now (SQLite result {cause.SqliteExtendedErrorCode}).", transient: true, cause),
    };

    public static FlowException IsFull(string path, Exception cause) =>
        new(Full, $"The disk (or the quota) of '{path}' is full. Nothing was written; make room.", transient: true, cause);

    public static FlowException IsCorrupt(string path, string? finding, Exception? cause = null)
    {
        var (move, copy) = OperatingSystem.IsWindows() ? ("move", "copy") : ("mv", "cp -p");
        var found = finding is null ? "is damaged or is no SQLite database" : $"is damaged ({finding})";
        return new(Corrupt, $"'{path}' {found}. Stop this host and restore the newest backup: {move} \"{path}\" \"{path}.damaged\", then {copy} BACKUP \"{path}\". Without a backup, move it away to begin anew.", transient: false, cause);
    }

    public static SqliteException From(sqlite3 database, int result) =>
        new($"SQLite result {result}: {raw.sqlite3_errmsg(database).utf8_to_string()}", result & 0xff, result);

    // ENOSPC and EDQUOT of Linux and of macOS; ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL.
    public static bool IsFull(IOException cause) => OperatingSystem.IsWindows() ? (cause.HResult & 0xffff) is 112 or 39 : cause.HResult is 28 or 122 or 69;

    private static bool HasRoom(string path)
    {
        try { return new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace >= LeastRoom; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException) { return true; }
    }
}
