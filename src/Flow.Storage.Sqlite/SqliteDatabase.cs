using System.Diagnostics;
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

    public static SqliteDatabase Open(string path, ILogger logger)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            var owned = StoreLock.TryTake(path) ?? throw InUse(path);
            SqliteConnection? connection = null;
            try
            {
                // SQLite gives the log and the shared memory the mode of the database.
                if (!File.Exists(path)) PrivateFile.OpenOrCreate(path, FileShare.ReadWrite).Dispose();
                Migrate(path, logger);
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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlowException("store-unavailable",
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

    public void Dispose()
    {
        Connection.Dispose();
        owned.Dispose();
    }

    private static void Migrate(string path, ILogger logger)
    {
        using var connection = Connect(path, SqliteOpenMode.ReadWrite);
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
            throw result.Error is SqliteException cause ? cause : new FlowException("store-unavailable", $"'{path}' could not be migrated.", inner: result.Error);
        if (result.Scripts.Any()) logger.Migrated(path, string.Join(", ", result.Scripts.Select(s => s.Name)));
    }

    private static long TakeOver(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE engine SET epoch = epoch + 1, owner = $owner WHERE id = 1 RETURNING epoch";
        using var process = Process.GetCurrentProcess();
        command.Parameters.AddWithValue("$owner", $"process {Environment.ProcessId} ({process.ProcessName}) on {Environment.MachineName}");
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    // The lock file cannot be read while it is locked, so the owner's name stands in the database, which can.
    private static FlowException InUse(string path)
    {
        var owner = "another process";
        try
        {
            using var connection = Connect(path, SqliteOpenMode.ReadOnly);
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT owner FROM engine WHERE id = 1";
            if (command.ExecuteScalar() is string { Length: > 0 } name) owner = name;
        }
        catch (SqliteException) { }
        return new("store-in-use", $"'{path}' is in use by {owner}. One process owns the file: stop the other one, or give this one a file of its own.");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
