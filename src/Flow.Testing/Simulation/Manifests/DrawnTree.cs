using Flow.Manifests;
using Flow.Sources;

namespace Flow.Testing.Simulation;

/// <summary>The files of a commit.</summary>
/// <param name="id">Of the tree.</param>
/// <param name="source">Of what is below <c>src/</c>.</param>
/// <param name="manifest">What <c>app.json</c> says.</param>
/// <param name="files">What is in every tree.</param>
internal sealed class DrawnTree(string id, string source, string? manifest, IReadOnlyDictionary<string, string> files) : ISourceTree, IFileHashes
{
    public string TreeId => id;
    public string Subject => "a change";
    public string Author => "somebody";
    public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => new([.. All().Select(f => f.Path).Take(max)]);
    public ValueTask<IReadOnlyList<(string Path, string Hash)>> ListHashesAsync(int max, CancellationToken cancellationToken) => new([.. All().Take(max)]);
    public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) =>
        new(path == AppJson.FileName ? manifest : files.GetValueOrDefault(path));
    public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private IEnumerable<(string Path, string Hash)> All()
    {
        List<(string Path, string Hash)> all = [("README.md", id), ("src/shop.cs", source), .. files.Where(f => f.Key != AppJson.FileName).Select(f => (f.Key, f.Value))];
        if (manifest is not null) all.Add((AppJson.FileName, manifest));
        return all.DistinctBy(f => f.Path).OrderBy(f => f.Path, StringComparer.Ordinal);
    }
}
