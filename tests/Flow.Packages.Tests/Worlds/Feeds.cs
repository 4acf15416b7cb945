using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Flow.Packages.Tests.Worlds;

/// <summary>Where a stranger's packages come from.</summary>
internal static partial class Feeds
{
    /// <summary>The guide's configuration with our folder; what the page takes from nuget.org, this machine takes from where its user says.</summary>
    public static async Task<string> ConfigurationAsync(PackedFeed feed, string at)
    {
        var configuration = XElement.Parse(Checkout.Blocks(StrangersProject.Guide, "xml")[0]);
        configuration.Descendants("add").Single(a => a.Attribute("key")!.Value == "flow").SetAttributeValue("value", feed.Folder);
        var elsewhere = configuration.Descendants("packageSource").Single(s => s.Attribute("key")!.Value == "nuget.org");
        var sources = (await Tool.RunAsync("dotnet", at, null, "nuget", "list", "source", "--format", "Detailed")).Split('\n')
            .Select(line => EnabledSource().Match(line)).Where(m => m.Success).Select(m => m.Groups["name"].Value).ToList();
        sources.Should().NotBeEmpty("the machine has sources of NuGet packages");
        elsewhere.ReplaceWith(sources.Select(name => new XElement("packageSource", new XAttribute("key", name), elsewhere.Elements())));
        return configuration.ToString();
    }

    /// <summary>Where the packages of Flow in a cache came from, by name.</summary>
    public static IReadOnlyDictionary<string, string?> Origins(string cache) => Directory.GetDirectories(cache, "flow.*").ToDictionary(d => Path.GetFileName(d), d =>
    {
        using var metadata = JsonDocument.Parse(File.ReadAllText(Path.Combine(Directory.GetDirectories(d).Single(), ".nupkg.metadata")));
        return metadata.RootElement.GetProperty("source").GetString();
    });

    //   1.  nuget.org [Enabled]
    [GeneratedRegex(@"^\s*\d+\.\s+(?<name>.+) \[Enabled\]\s*$")]
    private static partial Regex EnabledSource();
}
