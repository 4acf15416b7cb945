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
        return ValueTask.FromResult<ISourceTree>(new Tree(Trees.GetValueOrDefault(commit) ?? commit.ToString()));
    }

    private sealed class Tree(string id) : ISourceTree
    {
        public string TreeId => id;
        public string Subject => "a change";
        public string Author => "somebody";
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>(["Procfile"]);
        public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(path == "Procfile" ? "web: ./web\n" : null);
        public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
