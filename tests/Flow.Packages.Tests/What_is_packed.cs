using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using Flow.Packages.Tests.Worlds;

namespace Flow.Packages.Tests;

/// <summary>Each package as a stranger finds it on a feed.</summary>
public sealed class What_is_packed(PackedFeed feed)
{
    /// <summary>Every package, and all that it brings with it; <c>=</c> is exactly its own version.</summary>
    private static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["Flow.AspNetCore"] = ["Flow.Core ="],
        ["Flow.Core"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Diagnostics.HealthChecks", "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options.ConfigurationExtensions", "Polly.Core",
        ],
        ["Flow.Providers.Local"] = ["CliWrap", "Flow.Core =", "Microsoft.Data.Sqlite"],
        ["Flow.Providers.PostgreSql"] = ["Flow.Core =", "Npgsql"],
        ["Flow.Routing.Yarp"] = ["Flow.Core =", "Yarp.ReverseProxy"],
        ["Flow.Storage.Sqlite"] = ["Flow.Core =", "Microsoft.Data.Sqlite", "dbup-core", "dbup-sqlite"],
        ["Flow.Testing"] = ["Flow.Core ="],
    };

    private static readonly Dictionary<string, string[]> FurtherFiles = new() { ["Flow.Providers.Local"] = ["buildTransitive/Flow.Providers.Local.props"] };

    private static readonly string[] OnAspNetCore = ["Flow.AspNetCore", "Flow.Routing.Yarp"];

    public static TheoryData<string> Packages => [.. Dependencies.Keys];

    [Fact]
    public void Is_every_project_under_src_and_nothing_else()
    {
        feed.Ids.Should().BeEquivalentTo(Dependencies.Keys);
        Directory.GetDirectories(Checkout.In("src")).Select(Path.GetFileName).Should().BeEquivalentTo(Dependencies.Keys);
    }

    [Theory, MemberData(nameof(Packages))]
    public void Has_the_assembly_its_documentation_and_a_readme_and_no_other_file(string id)
    {
        var package = feed.Open(id);
        package.Files.Keys.Should().BeEquivalentTo([$"{id}.nuspec", "README.md", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml", .. FurtherFiles.GetValueOrDefault(id, [])]);
        package.Symbols.Keys.Should().BeEquivalentTo([$"{id}.nuspec", $"lib/net10.0/{id}.pdb"]);

        XDocument.Load(new MemoryStream(package.Files[$"lib/net10.0/{id}.xml"])).Descendants("member").Should().NotBeEmpty();
        var readme = Encoding.UTF8.GetString(package.Files["README.md"]).TrimEnd().Split('\n');
        readme[0].Should().Be($"# {id}");
        readme.Length.Should().BeInRange(10, 40);
    }

    [Theory, MemberData(nameof(Packages))]
    public void Says_what_it_is_and_under_which_licence(string id)
    {
        var about = feed.Open(id).Metadata;
        about.Element("id")!.Value.Should().Be(id);
        about.Element("license")!.Should().HaveAttribute("type", "expression").And.HaveValue("MIT");
        about.Element("readme")!.Value.Should().Be("README.md");
        about.Element("authors")!.Value.Should().Be("The Flow authors");
        about.Element("description")!.Value.Should().NotBeNullOrWhiteSpace().And.NotBe("Package Description");
        about.Element("tags")!.Value.Should().Contain("continuous-delivery");
    }

    [Theory, MemberData(nameof(Packages))]
    public void Brings_what_it_needs_and_nothing_else(string id)
    {
        var group = feed.Open(id).Metadata.Element("dependencies")!.Elements("group").Single();
        group.Attribute("targetFramework")!.Value.Should().Be("net10.0");
        group.Elements("dependency").Select(Shown).Should().BeEquivalentTo(Dependencies[id]);
        feed.Open(id).Metadata.Descendants("frameworkReference").Select(f => f.Attribute("name")!.Value).Should().BeEquivalentTo(OnAspNetCore.Contains(id) ? ["Microsoft.AspNetCore.App"] : []);

        string Shown(XElement dependency) => dependency.Attribute("version")!.Value == $"[{feed.Version}]" ? $"{dependency.Attribute("id")!.Value} =" : dependency.Attribute("id")!.Value;
    }

    [Theory, MemberData(nameof(Packages))]
    public void Is_deterministic_and_names_no_path_of_the_machine_that_built_it(string id)
    {
        var package = feed.Open(id);
        using var assembly = new PEReader(new MemoryStream(package.Files[$"lib/net10.0/{id}.dll"]));
        var debug = assembly.ReadDebugDirectory();
        debug.Should().Contain(d => d.Type == DebugDirectoryEntryType.Reproducible);
        var codeView = debug.Single(d => d.Type == DebugDirectoryEntryType.CodeView);
        assembly.ReadCodeViewDebugDirectoryData(codeView).Path.Should().Match(p => p == $"{id}.pdb" || p.StartsWith("/_/", StringComparison.Ordinal));

        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(package.Symbols[$"lib/net10.0/{id}.pdb"]));
        var symbols = provider.GetMetadataReader();
        new BlobContentId(symbols.DebugMetadataHeader!.Id).Should().Be(new BlobContentId(assembly.ReadCodeViewDebugDirectoryData(codeView).Guid, codeView.Stamp));
        symbols.Documents.Select(d => symbols.GetString(symbols.GetDocument(d).Name)).Should().NotBeEmpty().And.OnlyContain(name => name.StartsWith("/_/", StringComparison.Ordinal));

        // In a container either may be the root, which says nothing.
        var secrets = new[] { Checkout.Root, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) }.Select(p => p.TrimEnd('/') + "/").Where(p => p.Length > 1).ToList();
        foreach (var (file, bytes) in package.Files)
            foreach (var secret in secrets)
                (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0 && bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(secret)) < 0).Should().BeTrue($"{file} of {id} should not name {secret}");
    }
}
