using System.IO.Compression;
using System.Xml.Linq;

namespace Flow.Packages.Tests.Worlds;

/// <summary>One package and its symbols, read into memory.</summary>
public sealed class Package(string path)
{
    private static readonly string[] Envelope = ["_rels/", "[Content_Types].xml", "package/"];

    /// <summary>By path, without what every package has as a container.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; } = Read(path + ".nupkg");

    public IReadOnlyDictionary<string, byte[]> Symbols { get; } = Read(path + ".snupkg");

    /// <summary>The <c>metadata</c> of the nuspec, its names without namespace.</summary>
    public XElement Metadata
    {
        get
        {
            var nuspec = XDocument.Load(new MemoryStream(Files.Single(f => f.Key.EndsWith(".nuspec", StringComparison.Ordinal)).Value));
            foreach (var element in nuspec.Descendants()) element.Name = element.Name.LocalName;
            return nuspec.Root!.Element("metadata")!;
        }
    }

    private static Dictionary<string, byte[]> Read(string file)
    {
        using var zip = ZipFile.OpenRead(file);
        return zip.Entries.Where(e => !Envelope.Any(e.FullName.StartsWith)).ToDictionary(e => e.FullName, e =>
        {
            using var content = new MemoryStream();
            using var entry = e.Open();
            entry.CopyTo(content);
            return content.ToArray();
        });
    }
}
