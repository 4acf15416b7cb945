using Flow.Sources;

namespace Flow.Reliability.Tests.Kills;

/// <summary>A repository whose one branch is a file with a commit in it.</summary>
internal sealed class FileSource(string path) : ISourceProvider
{
    public static void Push(string path, CommitSha commit)
    {
        File.WriteAllText(path + ".new", commit.ToString());
        File.Move(path + ".new", path, overwrite: true);
    }

    public async ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken) =>
        new() { Branches = new Dictionary<string, CommitSha> { ["main"] = CommitSha.Parse(await File.ReadAllTextAsync(path, cancellationToken)) }, Proposals = [] };

    public ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) => new(new Tree(commit.ToString()));

    private sealed class Tree(string id) : ISourceTree
    {
        public string TreeId => id;
        public string Subject => "a change";
        public string Author => "somebody";
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => new([]);
        public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => new((string?)null);
        public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => default;
    }
}
