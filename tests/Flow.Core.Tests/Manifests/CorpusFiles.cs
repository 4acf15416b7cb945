using System.Text;

namespace Flow.Core.Tests.Manifests;

/// <summary>Real files, byte for byte: see <c>Corpus/README.md</c>.</summary>
internal static class CorpusFiles
{
    private static string Root => Path.Combine(AppContext.BaseDirectory, "Manifests", "Corpus");

    public static IEnumerable<string> In(string folder) => Directory.GetFiles(Path.Combine(Root, folder)).Select(f => $"{folder}/{Path.GetFileName(f)}").Order(StringComparer.Ordinal);

    // Not File.ReadAllText: it would take the byte order mark away.
    public static string Text(string file) => Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Root, file)));
}
