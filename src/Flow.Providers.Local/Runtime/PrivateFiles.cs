using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Runtime;

/// <summary>
/// Each deployment and each command works in a copy of its artifact: apps write beside themselves, and a hard link would carry that into the
/// store and into every other release. The copy is a reflink where the file system has them (the runtime's own file copy asks for one).
/// </summary>
internal static class PrivateFiles
{
    private const string Files = "files";
    private const UnixFileMode Writable = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where the copy lies once it is whole; null before.</summary>
    public static string? Find(string directory) => Path.Combine(directory, Files) is var files && Directory.Exists(files) ? files : null;

    /// <summary>Makes the copy. Whole or not at all, also when the host dies or two hosts copy at once.</summary>
    public static void Copy(string artifact, string directory, CancellationToken cancellationToken)
    {
        LocalDirectories.Create(directory);
        var copy = Path.Combine(directory, $"{Files}.{Guid.NewGuid():N}");
        try
        {
            CopyDirectory(new(artifact), copy, cancellationToken);
            Directory.Move(copy, Path.Combine(directory, Files));
        }
        catch (Exception) when (Remove(copy))
        {
            // Another host was quicker: its copy is as good.
            if (Find(directory) is null) throw;
        }
    }

    /// <summary>Always true. Missing is success.</summary>
    public static bool Remove(string directory)
    {
        for (var attempt = 0; Directory.Exists(directory); attempt++)
        {
            try { DirectoryTree.Delete(directory); }
            // An app may have locked its own directories.
            catch (Exception e) when (attempt < 3 && e is IOException or UnauthorizedAccessException) { Unlock(directory); }
        }

        return true;
    }

    private static void CopyDirectory(DirectoryInfo from, string to, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } link) File.CreateSymbolicLink(target, link);
            else if (entry is DirectoryInfo directory) CopyDirectory(directory, target, cancellationToken);
            else
            {
                File.Copy(entry.FullName, target);
                if (!OperatingSystem.IsWindows() && (entry.UnixFileMode & Writable) != Writable) File.SetUnixFileMode(target, entry.UnixFileMode | Writable);
            }
        }
    }

    private static void Unlock(string directory)
    {
        if (OperatingSystem.IsWindows()) return;
        List<string> open = [directory];
        while (open.Count > 0)
        {
            var next = open[^1];
            open.RemoveAt(open.Count - 1);
            try
            {
                File.SetUnixFileMode(next, LocalDirectories.Private);
                open.AddRange(new DirectoryInfo(next).EnumerateDirectories().Where(d => d.LinkTarget is null).Select(d => d.FullName));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
        }
    }
}
