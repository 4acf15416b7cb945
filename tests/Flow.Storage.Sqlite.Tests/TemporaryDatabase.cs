using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>A database file in a folder of its own, gone after the test.</summary>
internal sealed class TemporaryDatabase : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("flow-sqlite-");

    public string Path => System.IO.Path.Combine(folder.FullName, "flow.db");

    public SqliteFlowStore Open(TimeProvider? clock = null) => new(new() { Path = Path }, clock ?? TimeProvider.System, NullLogger<SqliteFlowStore>.Instance);

    public void Dispose() => folder.Delete(recursive: true);
}
