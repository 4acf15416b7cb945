using System.Globalization;
using System.Reflection;
using DbUp;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Flow.Storage.Sqlite;

/// <summary>The database file, owned by this process: lock, schema, the writing connection, and the epoch of this engine.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly StoreLock owned;

    private SqliteDatabase(string path, StoreLock owned, SqliteConnection connection, long epoch) =>
        (Path, this.owned, Connection, Epoch) = (path, owned, connection, epoch);

    public string Path { get; }
    public SqliteConnection Connection { get; }

    /// <summary>Grows by every opening of the file; every transaction makes sure that it is still the newest.</summary>
    public long Epoch { get; }

    public sqlite3 Handle => Connection.Handle!;

    /// <summary>Null when another process, or another store in this one, owns the file.</summary>
    /// <param name="options">Which file.</param>
    /// <param name="unread">This process has not read it yet.</param>
    /// <param name="logger">The store's.</param>
    public static SqliteDatabase? TryOpen(SqliteStoreOptions options, bool unread, ILogger logger)
    {
        var path = System.IO.Path.GetFullPath(options.Path);
        try
        {
            PrivateFile.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            if (StoreLock.TryTake(path) is not { } owned) return null;
            SqliteConnection? connection = null;
            try
            {
                // SQLite gives the log and the shared memory the mode of the database.
                if (!File.Exists(path)) PrivateFile.OpenOrCreate(path, FileShare.ReadWrite).Dispose();
                // POSIX: whoever closes a file drops all locks of his process on it, those of SQLite's open connections too.
                if (unread) StartCheck.PutForeignLogAside(path, logger);
                Prepare(path, options, logger);
                connection = Connect(path, SqliteOpenMode.ReadWrite);
                // A checkpoint writes pages back and flushes twice: a longer log means fewer of them.
                Execute(connection, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864");
                Execute(connection, "PRAGMA cache_size=-8000; PRAGMA temp_store=MEMORY");
                return new(path, owned, connection, TakeOver(connection));
            }
            catch
            {
                connection?.Dispose();
                owned.Dispose();
                throw;
            }
        }
        catch (SqliteException e) { throw SqliteTrouble.ToFlowException(e, path); }
        catch (IOException e) when (SqliteTrouble.IsFull(e)) { throw SqliteTrouble.IsFull(path, e); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(SqliteTrouble.Unavailable,
                $"'{path}' cannot be opened. Its folder must exist or be creatable, and be writable for the user of this process.", transient: e is IOException, e);
        }
    }

    public static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            raw.sqlite3_busy_timeout(connection.Handle!, 5_000);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Whoever opened the file last. The lock file cannot be read while it is locked, so the name stands in the database, which can.</summary>
    public static string OwnerOf(string path)
    {
        try
        {
            using var connection = Connect(path, SqliteOpenMode.ReadOnly);
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT owner FROM engine WHERE id = 1";
            if (command.ExecuteScalar() is string { Length: > 0 } name) return name;
        }
        catch (SqliteException) { }
        return "another process";
    }

    public void Dispose()
    {
        Connection.Dispose();
        owned.Dispose();
    }

    private static void Prepare(string path, SqliteStoreOptions options, ILogger logger)
    {
        using var connection = Connect(path, SqliteOpenMode.ReadWrite);
        StartCheck.ThrowIfDamaged(connection, options, path, logger);
        // In this order: how free pages are given back is settled when the first page is written.
        Execute(connection, "PRAGMA auto_vacuum=INCREMENTAL");
        Execute(connection, "PRAGMA journal_mode=WAL");
        var upgrade = DeployChanges.To.SqliteDatabase(connection.ConnectionString)
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), name => name.EndsWith(".sql", StringComparison.Ordinal))
            .WithTransactionPerScript().LogToNowhere().Build();
        var known = upgrade.GetDiscoveredScripts().Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        if (upgrade.GetExecutedScripts().FirstOrDefault(name => !known.Contains(name)) is { } newer)
            throw new FlowException("store-too-new",
                $"'{path}' was written by a newer version of Flow (it has '{newer}'). Run that version, or restore a backup from before the upgrade.");
        var result = upgrade.PerformUpgrade();
        if (!result.Successful)
            throw result.Error is SqliteException cause ? cause : new FlowException(SqliteTrouble.Unavailable, $"'{path}' could not be migrated.", inner: result.Error);
        if (result.Scripts.Any()) logger.Migrated(path, string.Join(", ", result.Scripts.Select(s => s.Name)));
    }

    private static long TakeOver(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE engine SET epoch = epoch + 1, owner = $owner WHERE id = 1 RETURNING epoch";
        command.Parameters.AddWithValue("$owner", $"process {Environment.ProcessId} ({System.IO.Path.GetFileNameWithoutExtension(Environment.ProcessPath)}) on {Environment.MachineName}");
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
