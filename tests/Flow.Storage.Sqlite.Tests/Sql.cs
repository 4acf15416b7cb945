using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>What an operator would do with a tool of his own.</summary>
internal static class Sql
{
    public static void Execute(string path, string sql) => Scalar(path, sql);

    public static long Number(string path, string sql) => Convert.ToInt64(Scalar(path, sql), CultureInfo.InvariantCulture);

    public static string Text(string path, string sql) => Convert.ToString(Scalar(path, sql), CultureInfo.InvariantCulture)!;

    private static object? Scalar(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
