using Microsoft.Data.Sqlite;

/// <summary>Counts in the SQLite file that the add-on provides; without one, there is nothing to count in.</summary>
internal sealed class Visits(string? path)
{
    private readonly Lock counting = new();

    /// <summary>The add-on instance it was given, and the file in it.</summary>
    public string? Name => path is null ? null : Path.Combine(Path.GetFileName(Path.GetDirectoryName(path)) ?? "", Path.GetFileName(path));

    public string Migrate()
    {
        if (path is null) return "migrate: no DATABASE_PATH, nothing to do";
        using var connection = Open();
        // Two releases use the file at once while one replaces the other.
        Scalar(connection, "PRAGMA journal_mode = WAL");
        var before = Scalar(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'visits'");
        Scalar(connection, "CREATE TABLE IF NOT EXISTS visits (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL)");
        Scalar(connection, "INSERT OR IGNORE INTO visits VALUES (1, 0)");
        Scalar(connection, "CREATE TABLE IF NOT EXISTS seedings (at TEXT NOT NULL)");
        return before == 0 ? "migrate: created the table visits" : "migrate: the table visits is up to date";
    }

    public long? Count()
    {
        if (path is null) return null;
        // SQLite has one writer: waiting here is shorter than its own waiting.
        lock (counting)
        {
            using var connection = Open();
            return Scalar(connection, "UPDATE visits SET number = number + 1 RETURNING number");
        }
    }

    /// <summary>Something to show: a review app begins with visits. Each seeding is on record.</summary>
    public string Seed()
    {
        if (path is null) return "seed: no DATABASE_PATH, nothing to do";
        using var connection = Open();
        Scalar(connection, "INSERT INTO seedings VALUES (datetime())");
        return $"seed: begins with {Scalar(connection, "UPDATE visits SET number = number + 100 RETURNING number")} visits";
    }

    public long? Seedings() => Ask("SELECT count(*) FROM seedings");
    public long? Number() => Ask("SELECT number FROM visits");

    private long? Ask(string sql)
    {
        if (path is null) return null;
        using var connection = Open();
        return Scalar(connection, sql);
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10 }.ToString());
        connection.Open();
        Scalar(connection, "PRAGMA synchronous = NORMAL");
        return connection;
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long number ? number : 0;
    }
}
