using System.Globalization;
using Flow.Sources;

namespace Flow.Benchmarks.Reviews;

/// <summary>A repository with so many open proposals, each a commit with an <c>app.json</c>; it counts how often it is asked for them.</summary>
internal sealed class ProposedSource : ISourceProvider
{
    private const string Manifest = """
        {
          "env": { "GREETING": "Hello", "RAILS_ENV": { "value": "staging" }, "SECRET_KEY_BASE": { "generator": "secret" } },
          "formation": { "web": { "quantity": 1 } },
          "scripts": { "postdeploy": "./seed", "pr-predestroy": "./farewell" }
        }
        """;

    private static readonly Dictionary<string, CommitSha> Branches = new() { ["main"] = Commit(0) };
    private int listings;

    public int Open { get; set; }
    public int Listings => listings;

    public ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref listings);
        return ValueTask.FromResult(new SourceListing { Branches = Branches, Proposals = [.. Enumerable.Range(1, Open).Select(Proposal)] });
    }

    public ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) => ValueTask.FromResult<ISourceTree>(new Tree(commit));

    private static CommitSha Commit(int n) => CommitSha.Parse((n + 1).ToString("x40", CultureInfo.InvariantCulture));

    private static Proposal Proposal(int n) => new()
    {
        Key = $"pr-{n}", Number = n, Branch = $"feature/{n}", Title = $"Change number {n} of this repository", Labels = [], Head = new() { Sha = Commit(n), Ref = $"refs/pull/{n}/head", Trust = Trust.Trusted },
    };

    private sealed class Tree(CommitSha commit) : ISourceTree
    {
        public string TreeId => commit.ToString();
        public string Subject => "a change";
        public string Author => "somebody";
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>(["Procfile", "app.json"]);
        public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(path switch { "app.json" => Manifest, "Procfile" => "web: ./web\n", _ => null });
        public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => default;
    }
}

/// <summary>Hides nothing: what encryption costs is ASP.NET's.</summary>
internal sealed class PlainSecrets : Secrets.ISecretProtector
{
    public string Protect(string purpose, string value) => value;
    public string Unprotect(string purpose, string ciphertext) => ciphertext;
}
