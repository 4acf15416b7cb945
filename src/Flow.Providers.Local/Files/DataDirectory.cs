namespace Flow.Providers.Local.Files;

/// <summary>Paths below <see cref="LocalOptions.DataDirectory"/>. Everything there belongs to the host's user alone.</summary>
internal static class DataDirectory
{
    public static string Path(LocalOptions options, params ReadOnlySpan<string> segments) =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine([options.DataDirectory, .. segments]));

    /// <summary>The same, and it exists.</summary>
    public static string Create(LocalOptions options, params ReadOnlySpan<string> segments)
    {
        var path = Path(options, segments);
        LocalDirectories.Claim(Path(options));
        CreatePrivate(path);
        return path;
    }

    public static void CreatePrivate(string path) => LocalDirectories.Create(path);

    /// <summary>Removes a directory. It is moved aside first, so that nothing half-removed is ever found under its name. Missing is success.</summary>
    public static void Remove(string path)
    {
        if (!Directory.Exists(path)) return;
        var doomed = $"{path}.removed-{Guid.NewGuid():N}";
        try
        {
            Directory.Move(path, doomed);
        }
        catch (DirectoryNotFoundException)
        {
            return; // somebody else was quicker
        }
        DirectoryTree.Delete(doomed);
    }

    /// <summary>Replaces a file in one step: a reader sees the old text or the new one.</summary>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var draft = $"{path}.{Guid.NewGuid():N}.draft";
        try
        {
            var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write);
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(content, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            File.Move(draft, path, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }
    }
}
