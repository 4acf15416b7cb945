using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Flow.Storage.Sqlite;

/// <summary>What is looked at before the first byte of an existing file is changed.</summary>
internal static class StartCheck
{
    private const int FormatVersions = 18;

    /// <summary>Throws <c>store-corrupt</c> when the file's structure is damaged.</summary>
    public static void ThrowIfDamaged(SqliteConnection connection, SqliteStoreOptions options, string path, ILogger logger)
    {
        var megabytes = (Length(path) + Length(path + "-wal")) / 1_000_000;
        if (megabytes >= options.CheckUpToMegabytes)
        {
            if (options.CheckUpToMegabytes > 0) logger.Unchecked(path, megabytes, options.CheckUpToMegabytes);
            return;
        }
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        if (command.ExecuteScalar() is string finding and not "ok") throw SqliteTrouble.IsCorrupt(path, finding.ReplaceLineEndings(" "));
    }

    /// <summary>
    /// A backup that was copied to the file's place must not be mixed with the log of the file that it replaces; SQLite itself would do that. A backup is told by
    /// its header: it has never had a log.
    /// </summary>
    public static void PutForeignLogAside(string path, ILogger logger)
    {
        var log = path + "-wal";
        if (Length(log) == 0 || HasLog(path)) return;
        var aside = log + ".replaced";
        File.Move(log, aside, overwrite: true);
        File.Delete(path + "-shm");
        logger.ForeignLog(path, aside);
    }

    private static bool HasLog(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> versions = stackalloc byte[2];
        return RandomAccess.Read(file, versions, FormatVersions) < versions.Length || versions.Contains((byte)2);
    }

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
