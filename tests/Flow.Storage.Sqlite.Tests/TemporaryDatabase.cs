using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>A database file in a folder of its own, gone after the test.</summary>
internal sealed class TemporaryDatabase : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("flow-sqlite-");

    public string Path => System.IO.Path.Combine(folder.FullName, "flow.db");

    public string Folder => folder.FullName;

    public SqliteFlowStore Open(TimeProvider? clock = null, int checkUpToMegabytes = 256) =>
        new(new() { Path = Path, CheckUpToMegabytes = checkUpToMegabytes }, clock ?? TimeProvider.System, NullLogger<SqliteFlowStore>.Instance);

    public void Dispose() => folder.Delete(recursive: true);
}
