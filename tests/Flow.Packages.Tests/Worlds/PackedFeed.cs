using Flow.Packages.Tests.Worlds;

[assembly: AssemblyFixture(typeof(PackedFeed))]

namespace Flow.Packages.Tests.Worlds;

/// <summary>All packages of the solution in a folder, under a version that nothing else in the world has.</summary>
public sealed class PackedFeed : IAsyncLifetime
{
    private readonly string suffix = $"test.{Guid.NewGuid():N}";

    /// <summary>Belongs to this run of the tests; everything they write is here.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("flow-packages-").FullName;

    public string Folder => Path.Combine(Root, "feed");

    public string Version => $"{VersionPrefix}-{suffix}";

    /// <summary>As it will be published.</summary>
    public string VersionPrefix { get; private set; } = "";

    public IReadOnlyList<string> Ids => [.. Directory.GetFiles(Folder, "*.nupkg").Select(f => Path.GetFileName(f)[..^$".{Version}.nupkg".Length]).Order(StringComparer.Ordinal)];

    public async ValueTask InitializeAsync()
    {
        await Tool.RunAsync("dotnet", Checkout.Root, null, "pack", Checkout.Solution, "--no-build", "-c", "Release", "-v", "quiet", "-warnaserror",
            "-o", Folder, "--version-suffix", suffix, $"-p:NuspecOutputPath={Path.Combine(Root, "nuspec")}/");
        var core = Path.GetFileName(Directory.GetFiles(Folder, "Flow.Core.*.nupkg").Single());
        VersionPrefix = core["Flow.Core.".Length..core.IndexOf($"-{suffix}", StringComparison.Ordinal)];
    }

    public Package Open(string id) => new(Path.Combine(Folder, $"{id}.{Version}"));

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }
}
