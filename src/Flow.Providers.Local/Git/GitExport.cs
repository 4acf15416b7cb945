using System.Globalization;
using System.Text;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Git;

/// <summary>
/// Writes the files of a tree into a directory, out of one <c>git cat-file --batch</c>. Links come last: while files are written there is none to follow, and
/// a tree that names a path twice (as a link and as a folder) fails on it.
/// </summary>
internal sealed class GitExport(string directory, IReadOnlyList<GitEntry> files, DateTime modified)
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly Dictionary<string, string> links = new(StringComparer.Ordinal);
    private readonly byte[] buffer = new byte[64 * 1024];
    private int start, end;

    /// <summary>Standard input: which objects, in order.</summary>
    public async Task AskAsync(Stream stream, CancellationToken cancellationToken)
    {
        var writer = new StreamWriter(stream, Encoding.ASCII, 16 * 1024, leaveOpen: true);
        await using (writer.ConfigureAwait(false))
        {
            foreach (var file in files) await writer.WriteAsync($"{file.Id}\n".AsMemory(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Standard output: the objects.</summary>
    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            var header = await LineAsync(stream, cancellationToken).ConfigureAwait(false);
            if (header != string.Create(CultureInfo.InvariantCulture, $"{file.Id} blob {file.Size}")) throw Broken();
            if (file.IsLink) links[file.Path] = await LinkAsync(stream, file, cancellationToken).ConfigureAwait(false);
            else await FileAsync(stream, file, cancellationToken).ConfigureAwait(false);
            if (await LineAsync(stream, cancellationToken).ConfigureAwait(false) != "") throw Broken();
        }
        await stream.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Only those that stay inside, wherever other links lead.</summary>
    public void WriteLinks()
    {
        foreach (var (path, target) in links)
        {
            if (!Links.StayInside(links, path))
            {
                throw new FlowException("tree-unsafe", $"'{HostileText.Shown(path)}' is a link out of the code, or behind another link ('{HostileText.Shown(target)}'): replace it by a file, or by a relative link to something below the root folder.");
            }
        }
        foreach (var (path, target) in links)
        {
            Try(path, () => File.CreateSymbolicLink(Prepare(path), target));
        }
    }

    private async Task FileAsync(Stream stream, GitEntry file, CancellationToken cancellationToken)
    {
        var how = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) how.UnixCreateMode = file.IsExecutable ? Executable : Plain;
        var path = "";
        FileStream? output = null;
        Try(file.Path, () => output = new FileStream(path = Prepare(file.Path), how));
        await using (output!.ConfigureAwait(false))
        {
            await ReadAsync(stream, file.Size, output!, cancellationToken).ConfigureAwait(false);
        }
        // Of the commit and not of now: the same code gives the same build.
        File.SetLastWriteTimeUtc(path, modified);
    }

    private async Task<string> LinkAsync(Stream stream, GitEntry file, CancellationToken cancellationToken)
    {
        if (file.Size > Links.MaxTarget) throw new FlowException("tree-unsafe", $"'{HostileText.Shown(file.Path)}' is a link whose target is too long: replace it.");
        using var target = new MemoryStream();
        await ReadAsync(stream, file.Size, target, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(target.ToArray());
    }

    private string Prepare(string path)
    {
        var full = Path.Combine(directory, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return full;
    }

    private static void Try(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlowException("export-failed", $"'{HostileText.Shown(path)}' cannot be written: its name is too long, is used twice, or the disk is full. ({e.GetType().Name})", inner: e);
        }
    }

    private async Task ReadAsync(Stream stream, long count, Stream into, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            if (start == end && !await FillAsync(stream, cancellationToken).ConfigureAwait(false)) throw Broken();
            var chunk = (int)Math.Min(count, end - start);
            await into.WriteAsync(buffer.AsMemory(start, chunk), cancellationToken).ConfigureAwait(false);
            start += chunk;
            count -= chunk;
        }
    }

    private async Task<string> LineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (line.Length < 1000)
        {
            if (start == end && !await FillAsync(stream, cancellationToken).ConfigureAwait(false)) throw Broken();
            var c = buffer[start++];
            if (c == '\n') return line.ToString();
            line.Append((char)c);
        }
        throw Broken();
    }

    private async Task<bool> FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        start = 0;
        end = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return end > 0;
    }

    private static FlowException Broken() => new("mirror-unreadable", "The local mirror ended in the middle of a file: it is read again by the next attempt.", transient: true);
}
