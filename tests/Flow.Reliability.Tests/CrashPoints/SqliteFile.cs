using Flow.Storage.Sqlite;
using Flow.Testing.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>
/// A SQLite file while one life has it. A crash leaves what the operating system would find after SIGKILL: the database and its log as they are, written back
/// by nobody; the next life opens a copy of just that. (That the lock goes with its process is for those who kill processes.)
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    private static readonly string Run = CrashFiles.DirectoryOfThisRun();
    private static readonly Lazy<byte[]> Empty = new(CreateEmpty);
    private readonly string directory;

    private SqliteFile(string directory, TimeProvider time)
    {
        this.directory = directory;
        Store = new(new() { Path = PathIn(directory) }, time, NullLogger<SqliteFlowStore>.Instance);
    }

    public SqliteFlowStore Store { get; }

    /// <summary>A new file with its schema.</summary>
    public static SqliteFile Create(SimulatedTime time)
    {
        var directory = NewDirectory();
        File.WriteAllBytes(PathIn(directory), Empty.Value);
        return new(directory, time);
    }

    /// <summary>What a crash at this moment would leave.</summary>
    public string Image()
    {
        var image = NewDirectory();
        foreach (var suffix in (string[])["", "-wal"])
            if (File.Exists(PathIn(directory) + suffix)) File.Copy(PathIn(directory) + suffix, PathIn(image) + suffix);
        return image;
    }

    public static SqliteFile Open(string image, SimulatedTime time) => new(image, time);

    public static void Remove(string image) => Directory.Delete(image, recursive: true);

    public void Dispose()
    {
        Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Remove(directory);
    }

    private static string PathIn(string directory) => Path.Combine(directory, "flow.db");

    private static string NewDirectory() => Directory.CreateDirectory(Path.Combine(Run, Guid.NewGuid().ToString("N"))).FullName;

    private static byte[] CreateEmpty()
    {
        var directory = NewDirectory();
        try
        {
            new SqliteFlowStore(new() { Path = PathIn(directory) }, TimeProvider.System, NullLogger<SqliteFlowStore>.Instance).DisposeAsync().AsTask().GetAwaiter().GetResult();
            return File.ReadAllBytes(PathIn(directory));
        }
        finally
        {
            Remove(directory);
        }
    }
}
