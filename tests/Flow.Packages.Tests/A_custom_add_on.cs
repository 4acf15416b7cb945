using Flow.Packages.Tests.Worlds;

namespace Flow.Packages.Tests;

/// <summary><c>samples/CustomAddOn</c>, by somebody who has only the packages.</summary>
public sealed class A_custom_add_on(PackedFeed feed)
{
    private const int AtLeast = 40;

    [Fact]
    public async Task Passes_the_conformance_kit()
    {
        var folder = Directory.CreateDirectory(Path.Combine(feed.Root, "custom-add-on")).FullName;
        foreach (var file in Directory.GetFiles(Checkout.In("samples", "CustomAddOn"))) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(folder, "global.json"), "{}");
        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), await Feeds.ConfigurationAsync(feed, folder));
        var cache = Path.Combine(folder, "packages");
        Dictionary<string, string?> variables = new() { ["NUGET_PACKAGES"] = cache, ["NuGetAudit"] = "false" };

        (await File.ReadAllTextAsync(Path.Combine(folder, "CustomAddOn.csproj"))).Should().Contain($"<FlowVersion>{feed.VersionPrefix}</FlowVersion>").And.NotContain("ProjectReference");
        await Tool.RunAsync("dotnet", folder, variables, "build", "-c", "Debug", "-v", "quiet", "-warnaserror", $"-p:FlowVersion={feed.Version}");
        Feeds.Origins(cache).Should().BeEquivalentTo(new Dictionary<string, string> { ["flow.core"] = feed.Folder, ["flow.testing"] = feed.Folder });

        var cases = (await Tool.RunAsync("dotnet", folder, variables, Path.Combine("bin", "Debug", "net10.0", "CustomAddOn.dll"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        cases.Should().OnlyContain(line => line.StartsWith("ok ", StringComparison.Ordinal)).And.HaveCountGreaterThan(AtLeast);
    }
}
