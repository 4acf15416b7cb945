using Flow.Sources;

namespace Flow.Testing.Simulation;

/// <summary>How good a tree is; known to nobody but the simulation.</summary>
internal enum Quality { Good, DoesNotBuild, NeverHealthy, ReleaseFails }

/// <summary>The code as it really is, whatever anybody sees of it.</summary>
internal sealed class Repository
{
    private readonly Dictionary<CommitSha, string> trees = [];
    private readonly Dictionary<string, Quality> qualities = [];
    private readonly Dictionary<string, DrawnManifest?> manifests = [];
    private readonly Dictionary<string, string?> texts = [];
    private readonly Dictionary<string, string> sources = [];
    private readonly Dictionary<string, int> closings = [];
    private int commits;

    public SortedDictionary<string, CommitSha> Branches { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, Proposal> Open { get; } = new(StringComparer.Ordinal);

    /// <summary>Proposals that the host still lists, as closed.</summary>
    public SortedDictionary<string, Proposal> ListedClosed { get; } = new(StringComparer.Ordinal);

    public bool Outage { get; set; }
    public bool ListingsLackMain { get; set; }
    public bool ListingsAreEmpty { get; set; }

    /// <summary>One listing that looks complete lacks the proposals; all others have them. Twice would be evidence, by the contract.</summary>
    public bool NextListingLacksProposals { get; set; }
    private bool lacked;

    /// <summary>What is in every tree.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    public CommitSha Commit(Quality quality, string? sameTreeAs = null, DrawnManifest? manifest = null)
    {
        var sha = CommitSha.Parse((++commits).ToString("x40", System.Globalization.CultureInfo.InvariantCulture));
        var tree = trees[sha] = sameTreeAs ?? $"tree-{commits}";
        qualities.TryAdd(tree, quality);
        if (manifests.TryAdd(tree, manifest)) texts[tree] = manifest?.Written();
        sources.TryAdd(tree, tree);
        return sha;
    }

    /// <summary>A commit that changes nothing below <c>src/</c>, and not <c>app.json</c>.</summary>
    public CommitSha Document(CommitSha commit)
    {
        var tree = trees[commit];
        var sha = Commit(qualities[tree], manifest: manifests[tree]);
        sources[trees[sha]] = sources[tree];
        return sha;
    }

    public string TreeOf(CommitSha commit) => trees[commit];
    public DrawnManifest? ManifestOf(string tree) => manifests.GetValueOrDefault(tree);
    /// <summary>What matters of a commit is what matters of a tree.</summary>
    public bool IsSame(CommitSha commit, string tree) => trees[commit] is var own && (own == tree || (sources[own] == sources[tree] && texts[own] == texts[tree]));
    public bool IsApproved(string tree, IEnumerable<CommitSha> approved) => approved.Any(c => trees[c] == tree);
    public string SourceOf(CommitSha commit) => sources[trees[commit]];
    public DrawnTree Read(CommitSha commit) => new(trees[commit], SourceOf(commit), texts[trees[commit]], Files);
    public Quality QualityOf(string tree) => qualities.GetValueOrDefault(tree);
    public Quality QualityOf(CommitSha commit) => qualities[trees[commit]];
    public int ClosingsOf(string key) => closings.GetValueOrDefault(key);

    public void Propose(string key, CommitSha commit, Trust trust, bool? labelled = null, bool draft = false)
    {
        ListedClosed.Remove(key);
        if (labelled == false) Unlabelled.Add(key);
        Open[key] = new() { Key = key, Head = new() { Sha = commit, Ref = $"refs/pull/{key}/head", Trust = trust }, Draft = draft, Labels = labelled switch { null => null, true => [Label], _ => [] } };
    }

    public const string Label = "review-app";

    /// <summary>Branches that were there once.</summary>
    public HashSet<string> Dropped { get; } = [];

    public bool Drop(string branch) => Branches.Remove(branch) && Dropped.Add(branch) | true;

    /// <summary>Proposals that have been without the label.</summary>
    public HashSet<string> Unlabelled { get; } = [];

    /// <summary>Gives a proposal the label that its app is there for, or takes it.</summary>
    public void Relabel(string key)
    {
        var has = Open[key].Labels is { Count: > 0 };
        if (has) Unlabelled.Add(key);
        Open[key] = Open[key] with { Labels = has ? [] : [Label] };
    }

    public void Redraft(string key) => Open[key] = Open[key] with { Draft = !Open[key].Draft };

    public void Close(string key, bool said)
    {
        if (!Open.Remove(key, out var proposal)) return;
        closings[key] = ClosingsOf(key) + 1;
        if (said) ListedClosed[key] = proposal with { Closed = true };
    }

    public SourceListing List(World world)
    {
        if (ListingsAreEmpty)
        {
            world.Count(FlowSituations.ListingEmpty);
            return new() { Branches = new Dictionary<string, CommitSha>(), Proposals = [] };
        }
        if (ListingsLackMain)
        {
            world.Count(FlowSituations.ListingLacksBranch);
            return new() { Branches = Branches.Where(b => b.Key != "main").ToDictionary(b => b.Key, b => b.Value), Proposals = [] };
        }
        var lacks = NextListingLacksProposals && !lacked && Open.Count > 0;
        if (lacks)
        {
            lacked = true;
            world.Count(FlowSituations.ListingLacksOnce);
        }
        return new() { Branches = new Dictionary<string, CommitSha>(Branches), Proposals = lacks ? [] : [.. Open.Values, .. ListedClosed.Values] };
    }
}
