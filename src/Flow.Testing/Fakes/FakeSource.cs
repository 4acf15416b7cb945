using Flow.Sources;

namespace Flow.Testing.Fakes;

/// <summary>A repository in memory that tests move, break and repair.</summary>
public sealed class FakeSource : ISourceProvider
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, CommitSha> branches = [];
    private readonly Dictionary<string, Proposal> proposals = [];

    /// <summary>Thrown by every call while it is set: an outage.</summary>
    public FlowException? Outage { get; set; }

    /// <summary>Moves a branch; the tree's id is the commit's unless <see cref="Trees"/> says otherwise.</summary>
    public void Push(string branch, CommitSha commit)
    {
        lock (gate) branches[branch] = commit;
    }

    /// <summary>Removes a branch.</summary>
    public void Delete(string branch)
    {
        lock (gate) branches.Remove(branch);
    }

    /// <summary>Opens a proposal or moves its head.</summary>
    public void Propose(string key, CommitSha commit, Trust trust = Trust.Trusted)
    {
        lock (gate) proposals[key] = new() { Key = key, Head = new() { Sha = commit, Ref = $"refs/pull/{key}/head", Trust = trust } };
    }

    /// <summary>Opens or changes a proposal, with everything that a host may say of it; closed ones included.</summary>
    public void Propose(Proposal proposal)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        lock (gate) proposals[proposal.Key] = proposal;
    }

    /// <summary>Changes something of a proposal that is there: its labels, draft, base, whether it is closed.</summary>
    public void Change(string key, Func<Proposal, Proposal> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (gate) proposals[key] = change(proposals[key]);
    }

    /// <summary>Makes a proposal disappear from listings.</summary>
    public void Withdraw(string key)
    {
        lock (gate) proposals.Remove(key);
    }

    /// <summary>Tree ids of commits whose tree is not their own.</summary>
    public Dictionary<CommitSha, string> Trees { get; } = [];

    /// <summary>Files of commits: path to text. Without an entry a commit has a <c>Procfile</c> with a web process only.</summary>
    public Dictionary<CommitSha, IReadOnlyDictionary<string, string>> Files { get; } = [];

    /// <inheritdoc/>
    public ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken)
    {
        if (Outage is { } outage) throw outage;
        lock (gate)
            return ValueTask.FromResult(new SourceListing { Branches = new Dictionary<string, CommitSha>(branches), Proposals = [.. proposals.Values.OrderBy(p => p.Key, StringComparer.Ordinal)] });
    }

    /// <inheritdoc/>
    public ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken)
    {
        if (Outage is { } outage) throw outage;
        return ValueTask.FromResult<ISourceTree>(new Tree(Trees.GetValueOrDefault(commit) ?? commit.ToString(), repository.RootFolder, Files.GetValueOrDefault(commit) ?? WebOnly));
    }

    private static readonly Dictionary<string, string> WebOnly = new() { ["Procfile"] = "web: ./web\n" };

    private sealed class Tree(string id, string? root, IReadOnlyDictionary<string, string> all) : ISourceTree, IFileHashes
    {
        private readonly SortedDictionary<string, string> files = new(all.Where(f => root is null || ReferenceEquals(all, WebOnly) || f.Key.StartsWith(root + "/", StringComparison.Ordinal))
            .ToDictionary(f => root is null || ReferenceEquals(all, WebOnly) ? f.Key : f.Key[(root.Length + 1)..], f => f.Value), StringComparer.Ordinal);

        public string TreeId => root is null || ReferenceEquals(all, WebOnly) ? id : $"{root}-{string.Join('|', files)}";
        public string Subject => "a change";
        public string Author => "somebody";
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([.. files.Keys]);
        public ValueTask<IReadOnlyList<(string Path, string Hash)>> ListHashesAsync(int max, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<(string Path, string Hash)>>([.. files.Select(f => (f.Key, f.Value))]);
        public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => ValueTask.FromResult(files.GetValueOrDefault(path));
        public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
