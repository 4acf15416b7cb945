using System.Text;
using CliWrap;
using Flow.Providers.Local.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Git;

/// <summary>One tree of a mirror, read object by object: attributes, filters and submodules that the repository may ask for have no say.</summary>
internal sealed class GitTree : ISourceTree, IFileHashes
{
    // Trees may share their parts: a repository of a few kilobytes can name millions of long paths.
    private const int MaxListing = 64 * 1024 * 1024;

    private readonly GitMirror mirror;
    private readonly GitOptions options;
    private readonly DateTime committed;

    private GitTree(GitMirror mirror, GitOptions options, string treeId, string subject, string author, DateTime committed)
    {
        this.mirror = mirror;
        this.options = options;
        this.committed = committed;
        (TreeId, Subject, Author) = (treeId, subject, author);
    }

    public string TreeId { get; }
    public string Subject { get; }
    public string Author { get; }

    public static async Task<GitTree> OpenAsync(GitMirror mirror, CommitSha commit, string? root, GitOptions options, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var result = await mirror.ReadAsync(["log", "-1", "--no-color", "--no-show-signature", "--encoding=UTF-8", "--format=%T%x00%ct%x00%an%x00%s", "--end-of-options", $"{commit}"],
            GitOutput.Beginning(output, 64 * 1024), cancellationToken).ConfigureAwait(false);
        if (!result.Ok || GitCommit.Parse(output.GetBuffer().AsSpan(0, (int)output.Length)) is not { } read) throw Unreadable(mirror, result);

        var treeId = read.TreeId;
        if (root is not null)
        {
            treeId = await FindAsync(mirror, treeId, root, cancellationToken).ConfigureAwait(false) is { Type: "tree" } folder
                ? folder.Id
                : throw new FlowException("root-folder-missing", $"{mirror.Url} has no folder '{root}' in commit {commit.Short}: correct the pipeline's root folder, or push a commit that has it.");
        }
        return new(mirror, options, treeId, read.Subject, read.Author, read.Committed);
    }

    public async ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken)
    {
        var entries = await ReadEntriesAsync(max, cancellationToken).ConfigureAwait(false);
        return [.. entries.Where(e => !e.IsSubmodule).Select(e => e.Path).Order(StringComparer.Ordinal)];
    }

    /// <summary>A file that became executable is another file.</summary>
    public async ValueTask<IReadOnlyList<(string Path, string Hash)>> ListHashesAsync(int max, CancellationToken cancellationToken)
    {
        var entries = await ReadEntriesAsync(max, cancellationToken).ConfigureAwait(false);
        return [.. entries.Where(e => !e.IsSubmodule).OrderBy(e => e.Path, StringComparer.Ordinal).Select(e => (e.Path, $"{e.Mode} {e.Id}"))];
    }

    public async ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        if (!GitPaths.IsSafe(path) || path.Contains('\n')) return null;
        // A Procfile may be a link to another file of the tree: git follows it, and never out of the tree.
        if (await FindAsync(mirror, TreeId, path, cancellationToken).ConfigureAwait(false) is not { Type: "blob" } file) return null;
        if (file.Size > maxBytes) throw TooLarge();

        using var output = new MemoryStream();
        var result = await mirror.ReadAsync(["cat-file", "blob", file.Id], GitOutput.All(output, maxBytes, TooLarge), cancellationToken).ConfigureAwait(false);
        return result.Ok ? Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length) : throw Unreadable(mirror, result);

        FlowException TooLarge() => new("file-too-large", $"'{HostileText.Shown(path)}' of {mirror.Url} is larger than {maxBytes} bytes: make it smaller.");
    }

    public async ValueTask ExportAsync(string directory, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory)) throw new DirectoryNotFoundException($"'{directory}' must exist.");
        if (Directory.EnumerateFileSystemEntries(directory).Any()) throw new ArgumentException($"'{directory}' must be empty.", nameof(directory));

        var entries = await ReadEntriesAsync(options.MaxFiles, cancellationToken).ConfigureAwait(false);
        var files = entries.Where(e => !e.IsSubmodule).ToList();
        if (files.Sum(f => (decimal)f.Size) > options.MaxBytes)
        {
            throw new FlowException("tree-too-large", $"The code in {mirror.Url} is larger than {options.MaxBytes / 1024 / 1024} MiB unpacked: remove large files from it, set a root folder, or raise Flow:Git:MaxBytes.");
        }
        var export = new GitExport(directory, files, committed);
        var result = await mirror.ReadAsync(["cat-file", "--batch", "--buffer"], export.WriteAsync, cancellationToken, PipeSource.Create(export.AskAsync)).ConfigureAwait(false);
        if (!result.Ok) throw Unreadable(mirror, result);
        export.WriteLinks();
    }

    private async Task<List<GitEntry>> ReadEntriesAsync(int max, CancellationToken cancellationToken)
    {
        var entries = new List<GitEntry>();
        var bytes = 0L;
        var result = await mirror.ReadAsync(["ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", TreeId], GitOutput.Records(16 * 1024, record =>
        {
            if ((bytes += record.Length) > MaxListing) throw new FlowException("tree-too-large", $"The paths of the code in {mirror.Url} take more than {MaxListing / 1024 / 1024} MiB: remove generated files from it, or set a root folder.");
            if (entries.Count >= max) throw new FlowException("tree-too-large", $"The code in {mirror.Url} has more than {max} files: remove generated files from it, set a root folder, or raise Flow:Git:MaxFiles.");
            entries.Add(GitEntry.Parse(record.Span, mirror.Url.Value));
        }), cancellationToken).ConfigureAwait(false);
        return result.Ok ? entries : throw Unreadable(mirror, result);
    }

    /// <summary>What stands at a path, links followed inside the tree; null when nothing does.</summary>
    private static async Task<GitFound?> FindAsync(GitMirror mirror, string treeId, string path, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var result = await mirror.ReadAsync(["cat-file", "--batch-check", "--follow-symlinks"], GitOutput.Beginning(output, 16 * 1024), cancellationToken,
            PipeSource.FromString($"{treeId}:{path}\n", Encoding.UTF8)).ConfigureAwait(false);
        if (!result.Ok) throw Unreadable(mirror, result);
        return GitFound.Parse(output.GetBuffer().AsSpan(0, (int)output.Length));
    }

    private static FlowException Unreadable(GitMirror mirror, GitResult result) =>
        new("mirror-unreadable", $"The local mirror of {mirror.Url} cannot be read: {GitTrouble.Detail(result.Error)}. Remove {mirror.Directory}; it is made anew by the next fetch.", transient: true);
}
