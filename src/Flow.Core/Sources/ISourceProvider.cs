namespace Flow.Sources;

/// <summary>
/// Reads a repository: heads, proposals, checks, trees. Everything it reads is hostile text. Registered under a name
/// (<c>AddGit("git")</c>) that pipelines refer to.
/// </summary>
/// <remarks>
/// Every method may be called again at any time with the same arguments (idempotent) and from several threads. Failures are
/// <see cref="FlowException"/>: transient for networks and outages, permanent for "there is no such repository".
/// Cancellation stops the work and leaves nothing half-written that a later call would trust.
/// </remarks>
public interface ISourceProvider
{
    /// <summary>
    /// Heads and open proposals as they are now. Throws rather than answer with less than everything: an empty listing leads to
    /// nothing being torn down only because it must also contain the default branch.
    /// </summary>
    ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the commit available locally and describes its tree. Works without the remote when the commit was fetched before.
    /// Fails with <c>revision-missing</c> when the repository does not have it.
    /// </summary>
    ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken);
}

/// <summary>Optional: the source host keeps check results (commit statuses, check runs) itself.</summary>
public interface ISourceChecks
{
    /// <summary>All checks of exactly this commit, every page of them. Empty: none has been reported.</summary>
    ValueTask<IReadOnlyList<Check>> ListChecksAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken);
}

/// <summary>The files of one commit below the repository's root folder.</summary>
public interface ISourceTree
{
    /// <summary>Content hash of this tree: equal trees are equal code, whatever commit they belong to.</summary>
    string TreeId { get; }

    /// <summary>First line of the commit message, at most 200 characters. Hostile text.</summary>
    string Subject { get; }

    /// <summary>Author's name, at most 100 characters. Hostile text.</summary>
    string Author { get; }

    /// <summary>All file paths, relative, <c>/</c>-separated, ordinal order. At most <paramref name="max"/>; more is <c>tree-too-large</c>.</summary>
    ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken);

    /// <summary>A small text file as UTF-8; null when there is none. Larger than <paramref name="maxBytes"/> is <c>file-too-large</c>.</summary>
    ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Writes all files into an empty, existing directory. No links leaving it, no devices, bounded in number and size.</summary>
    ValueTask ExportAsync(string directory, CancellationToken cancellationToken);
}

/// <summary>Optional, for a tree: its files with content hashes, so that "nothing that matters has changed" can be told.</summary>
public interface IFileHashes
{
    /// <summary>All files, paths as <see cref="ISourceTree.ListFilesAsync"/> gives them and in its order; equal hashes are equal content. At most <paramref name="max"/>; more is <c>tree-too-large</c>.</summary>
    ValueTask<IReadOnlyList<(string Path, string Hash)>> ListHashesAsync(int max, CancellationToken cancellationToken);
}
