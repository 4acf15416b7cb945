using Microsoft.Data.Sqlite;

namespace Flow.Samples.Demo;

/// <summary>What databases of review apps begin with: people who review want to see something. A new version is another name.</summary>
internal static class Seed
{
    public const string Name = "hello-1";
    public const long Visits = 1_000;

    /// <summary>Returns the directory.</summary>
    public static string Write(string directory)
    {
        Directory.CreateDirectory(directory);
        using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, Name + ".sqlite")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE TABLE visits (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL); INSERT INTO visits VALUES (1, {Visits})";
        command.ExecuteNonQuery();
        return directory;
    }
}
