using System.Text.Json;
using System.Xml.Linq;

namespace Flow.Packages.Tests.Worlds;

/// <summary>A web project of somebody who has the packages and <c>docs/getting-started.md</c>, and nothing else of the repository.</summary>
internal sealed class StrangersProject(PackedFeed feed)
{
    internal const string Guide = "docs/getting-started.md";
    private readonly string root = Path.Combine(feed.Root, "stranger");

    public string Folder => Path.Combine(root, "paas");

    public string Assembly => Path.Combine(Folder, "bin", "Debug", "net10.0", "paas.dll");

    /// <summary>Empty at first, so that no package of the same name from elsewhere can be in it.</summary>
    public string PackageCache => Path.Combine(root, "packages");

    private Dictionary<string, string?> Variables => new() { ["NUGET_PACKAGES"] = PackageCache, ["NuGetAudit"] = "false" };

    public static string Program => Checkout.Blocks(Guide, "csharp").Single();

    public async Task WriteAsync()
    {
        Directory.CreateDirectory(Folder);
        // MSBuild looks for these in every folder above a project.
        foreach (var boundary in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"]) await WriteAsync($"../{boundary}", "<Project />");
        await WriteAsync("../global.json", "{}");
        await WriteAsync("nuget.config", await Feeds.ConfigurationAsync(feed, root));
        // As 'dotnet new web' makes it.
        await WriteAsync("paas.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
            {References(Checkout.Blocks(Guide, "xml")[1])}
            </Project>
            """);
        await WriteAsync("Program.cs", Program);
        await WriteAsync("appsettings.json", Checkout.Blocks(Guide, "json").Single());
    }

    public Task BuildAsync() => Tool.RunAsync("dotnet", Folder, Variables, "build", "-c", "Debug", "-v", "quiet", "-warnaserror");

    /// <summary>Where the packages of Flow in the cache came from, by name.</summary>
    public IReadOnlyDictionary<string, string?> Origins() => Feeds.Origins(PackageCache);

    /// <summary>What a build of the project would compile, embed or copy.</summary>
    public async Task<IReadOnlyList<string>> ItemsAsync()
    {
        var answer = await Tool.RunAsync("dotnet", Folder, Variables, "msbuild", "-getItem:Compile", "-getItem:EmbeddedResource", "-getItem:Content", "-getItem:None");
        using var items = JsonDocument.Parse(answer);
        return [.. items.RootElement.GetProperty("Items").EnumerateObject().SelectMany(kind => kind.Value.EnumerateArray()).Select(item => item.GetProperty("Identity").GetString()!)];
    }

    private Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(Folder, file), text);

    private string References(string shown)
    {
        var references = XElement.Parse(shown);
        foreach (var reference in references.Elements("PackageReference"))
        {
            reference.Attribute("Version")!.Value.Should().Be(feed.VersionPrefix, $"{Guide} names the version that is packed");
            reference.SetAttributeValue("Version", feed.Version);
        }
        return references.ToString();
    }
}
