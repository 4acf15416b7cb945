using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Flow.Builds;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Artifacts;

/// <summary>
/// What an artifact consists of, as one canonical text: for each file, in ordinal order of the paths, <c>mode sha256 size path</c> and a NUL. Its SHA-256 is the
/// artifact's digest, so equal files give an equal digest, whenever and wherever they were made. Times have no part in it.
/// </summary>
internal sealed record ArtifactManifest(byte[] Text, long Size)
{
    /// <summary>Most files of one artifact, links and all.</summary>
    public const int MaxFiles = 500_000;

    /// <summary>Most characters of all its paths.</summary>
    public const int MaxPaths = 64 * 1024 * 1024;

    private const string Plain = "100644";
    private const string Executable = "100755";
    private const string Link = "120000";

    public ArtifactDigest Digest => ArtifactDigest.Parse($"sha256:{Convert.ToHexStringLower(SHA256.HashData(Text))}");

    /// <summary>Reads everything below a directory. What a build made is hostile: names that are no text, and far too many of them.</summary>
    /// <exception cref="FlowException"><c>artifact-unsafe</c> or <c>artifact-too-large</c>, both permanent.</exception>
    public static async Task<ArtifactManifest> ReadAsync(string directory, CancellationToken cancellationToken, int maxFiles = MaxFiles)
    {
        try
        {
            return await ReadAllAsync(directory, maxFiles, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or PathTooLongException or UnauthorizedAccessException)
        {
            throw new FlowException("artifact-unsafe", $"The build made something that cannot be read: a name that is no UTF-8, a path that is too long, or a file without rights. Remove it at the end of the build. ({HostileText.Shown(e.Message, 200)})", inner: e);
        }
    }

    private static async Task<ArtifactManifest> ReadAllAsync(string directory, int maxFiles, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var total = 0L;
        var links = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, file) in Files(directory, maxFiles))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string mode, hash;
            long size;
            if (file.LinkTarget is { } target)
            {
                links[path] = target;
                var bytes = Encoding.UTF8.GetBytes(target);
                (mode, hash, size) = (Link, Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length);
            }
            else if (file.Length == 0)
            {
                // Never opened: reading a pipe that somebody put there would wait for ever.
                (mode, hash, size) = (IsExecutable(file) ? Executable : Plain, Convert.ToHexStringLower(SHA256.HashData([])), 0);
            }
            else
            {
                var stream = new FileStream(file.FullName, new FileStreamOptions { Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 0, Options = FileOptions.SequentialScan });
                await using (stream.ConfigureAwait(false))
                {
                    (mode, hash, size) = (IsExecutable(file) ? Executable : Plain, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false)), stream.Length);
                }
            }
            total += size;
            text.Append(CultureInfo.InvariantCulture, $"{mode} {hash} {size} {path}\0");
        }
        foreach (var (path, target) in links)
        {
            if (!Links.StayInside(links, path)) throw new FlowException("artifact-unsafe", $"The build made a link out of its output: '{HostileText.Shown(path)}' to '{HostileText.Shown(target)}'. Make it a file, or a relative link.");
        }
        return new(Encoding.UTF8.GetBytes(text.ToString()), total);
    }

    /// <summary>Changes when a file is written, added, removed or made executable, as far as the file system tells without reading: for "still as verified".</summary>
    public static string Fingerprint(string directory)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, file) in Files(directory, MaxFiles))
        {
            var size = file.LinkTarget is null ? file.Length : 0;
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{path}\0{size} {file.LastWriteTimeUtc.Ticks} {file.LinkTarget} {IsExecutable(file)}\0")));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The first path in which two manifests differ, for a message.</summary>
    public static string FirstDifference(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        var old = Lines(expected);
        var now = Lines(actual);
        return old.Keys.Union(now.Keys).Where(path => old.GetValueOrDefault(path) != now.GetValueOrDefault(path)).Order(StringComparer.Ordinal).FirstOrDefault() ?? "its manifest";
    }

    private static Dictionary<string, string> Lines(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text).Split('\0', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' ', 4)).Where(parts => parts.Length == 4).GroupBy(parts => parts[3], StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => string.Join(' ', group.First()[..3]), StringComparer.Ordinal);

    private static IEnumerable<(string Path, FileInfo File)> Files(string directory, int maxFiles)
    {
        var files = new List<(string Path, FileInfo File)>();
        var paths = 0L;
        // No recursion: how deep a build nests its folders must not decide over this process's stack.
        var open = new Stack<DirectoryInfo>([new(directory)]);
        while (open.TryPop(out var folder))
        {
            foreach (var entry in folder.EnumerateFileSystemInfos())
            {
                // A link to a folder is a link, never a folder to walk into.
                if (entry is DirectoryInfo { LinkTarget: null } below) open.Push(below);
                else files.Add((Path.GetRelativePath(directory, entry.FullName).Replace(Path.DirectorySeparatorChar, '/'), entry as FileInfo ?? new FileInfo(entry.FullName)));
                if ((paths += entry.FullName.Length) > MaxPaths || files.Count + open.Count > maxFiles)
                {
                    throw new FlowException("artifact-too-large", $"The build made more than {maxFiles:N0} files, or paths of more than {MaxPaths / 1024 / 1024} MiB in all: remove what is not needed to run at the end of the build.");
                }
            }
        }
        return files.OrderBy(f => f.Path, StringComparer.Ordinal);
    }

    private static bool IsExecutable(FileInfo file) => !OperatingSystem.IsWindows() && file.LinkTarget is null && (file.UnixFileMode & UnixFileMode.UserExecute) != 0;
}
