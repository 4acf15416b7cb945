using Flow.Storage;
using Flow.Storage.Sqlite;

namespace Flow.AspNetCore.Tests.Problems;

/// <summary>A folder for a database, gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("flow-web-");

    public string Path => folder.FullName;

    /// <summary>How large the database may become: at least what it is.</summary>
    public static void Limit(IServiceProvider host, int pages)
    {
        using var command = ((SqliteFlowStore)host.GetService(typeof(IFlowStore))!).Database.Connection.CreateCommand();
        command.CommandText = $"PRAGMA max_page_count={pages}";
        command.ExecuteNonQuery();
    }

    public void Dispose() => folder.Delete(recursive: true);
}
