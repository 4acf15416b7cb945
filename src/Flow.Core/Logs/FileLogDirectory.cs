using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Flow.Logs;

/// <summary>
/// Where one log lies. Its own files begin with a dot, which no segment of a <see cref="LogId"/> does: logs below it are plain directories beside them.
/// <c>.00000000000004194304</c> is a segment; <c>.state</c> holds one byte when the log is complete, and is locked (shared) by every living writer.
/// </summary>
internal sealed class FileLogDirectory(string root, LogId log)
{
    private const int Stripes = 64;
    // No log becomes so long: a greater number is damage, and the end of its segment would be beyond counting.
    private const long LastStart = long.MaxValue / 2;
    private readonly string path = Path.Combine([root, .. log.ToString().Split('/')]);

    public LogId Log => log;

    public string StatePath => Path.Combine(path, ".state");

    public string PathOf(long start) => Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $".{start:D20}"));

    public void Create() => CreatePrivate(path);

    public bool Exists() => File.Exists(StatePath);

    public bool IsComplete() => LengthOf(new FileInfo(StatePath)) > 0;

    public long LengthOf(long start) => LengthOf(new FileInfo(PathOf(start)));

    /// <summary>Offsets of the segments, ascending.</summary>
    public List<long> Segments()
    {
        List<long> starts = [];
        foreach (var file in Names(Directory.EnumerateFiles))
            if (file.Length == 21 && file[0] == '.' && long.TryParse(file.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var start) && start <= LastStart) starts.Add(start);
        starts.Sort();
        return starts;
    }

    public IEnumerable<string> Children() => Names(Directory.EnumerateDirectories).Where(name => name[0] != '.');

    public void Delete()
    {
        // A writer that is not gone yet may put a file there meanwhile.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
                return;
            }
            catch (DirectoryNotFoundException) { return; }
            catch (IOException) when (attempt < 5) { }
        }
    }

    /// <summary>Excludes other writers, in whichever process they are, while one append is made. The lock file outlives the log, so that deleting is no race.</summary>
    public async ValueTask<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        var locks = Path.Combine(root, ".locks");
        var file = Path.Combine(locks, Stripe().ToString("x2", CultureInfo.InvariantCulture));
        for (var wait = TimeSpan.FromMilliseconds(1); ; wait = wait < TimeSpan.FromMilliseconds(30) ? wait * 2 : wait)
        {
            if (TryOpenExclusive(file, locks) is { } handle) return handle;
            // Other processes do not follow a test's clock.
            await Task.Delay(wait, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Null when another handle, here or in another process, is open on the file.</summary>
    public static SafeFileHandle? TryOpenExclusive(string file, string? create = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            try { return File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
            // "File not found": the directory was missing, and was there again when .NET looked why; somebody else has just made it.
            catch (IOException e) when ((e is DirectoryNotFoundException or FileNotFoundException) && create is not null && attempt < 3) { CreatePrivate(create); }
            catch (IOException e) when (IsSharingViolation(e)) { return null; }
        }
    }

    // What apps and builds print is their user's alone; directories that exist already stay as they are.
    private static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows() || Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            return;
        }
        // The framework gives the mode to the last one only.
        if (Path.GetDirectoryName(directory) is { Length: > 0 } above) CreatePrivate(above);
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // EWOULDBLOCK on Linux and on macOS; ERROR_SHARING_VIOLATION.
    private static bool IsSharingViolation(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    private static long LengthOf(FileInfo file)
    {
        try { return file.Exists ? file.Length : 0; }
        catch (FileNotFoundException) { return 0; }
    }

    private List<string> Names(Func<string, IEnumerable<string>> list)
    {
        try { return [.. list(path).Select(file => Path.GetFileName(file))]; }
        catch (DirectoryNotFoundException) { return []; }
    }

    // FNV-1a: the same in every process, which string.GetHashCode is not.
    private uint Stripe()
    {
        var hash = 2166136261u;
        foreach (var c in log.ToString()) hash = unchecked((hash ^ c) * 16777619u);
        return hash % Stripes;
    }
}
