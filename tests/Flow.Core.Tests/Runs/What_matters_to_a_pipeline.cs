using Flow.Manifests;
using Flow.Runs.Steps;
using Flow.Sources;
using Flow.Testing.Fakes;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Runs;

public sealed class What_matters_to_a_pipeline
{
    private static async Task<string?> Hash(string changed, SourceRepository repository)
    {
        var source = new FakeSource();
        var files = new Dictionary<string, string> { ["app.json"] = "{}", ["README.md"] = "", ["api/app.json"] = "{}", ["api/src/a.cs"] = "", ["web/src/a.cs"] = "" };
        if (changed.Length > 0) files[changed] += " ";
        source.Files[Commit(1)] = files;
        async Task<ISourceTree> Tree(string? root) => await source.FetchAsync(repository with { RootFolder = root }, Commit(1), default);
        var top = await Tree(repository.RootFolder);
        return await Watched.HashAsync(source, repository, Commit(1), top, top, AppManifest.Empty, default);
    }

    [Theory]
    [InlineData("api", "api/src/a.cs", true)]
    [InlineData("api", "api/app.json", true)]
    [InlineData("api", "app.json", false)]
    [InlineData("api", "web/src/a.cs", false)]
    [InlineData(null, "app.json", true)]
    [InlineData(null, "api/src/a.cs", true)]
    [InlineData(null, "api/app.json", false)]
    public async Task Are_its_paths_and_its_own_app_json(string? root, string changed, bool matters)
    {
        var repository = new SourceRepository { Url = "paper", RootFolder = root, Paths = ["api/src/**"] };
        (await Hash(changed, repository) != await Hash("", repository)).Should().Be(matters);
    }
}
