using System.Net;
using System.Text.Json;
using Flow.Packages.Tests.Worlds;

namespace Flow.Packages.Tests;

/// <summary>What <c>README.md</c> and <c>docs/getting-started.md</c> show, done by somebody who has only the packages.</summary>
public sealed class The_quick_start(PackedFeed feed)
{
    private const string App = "shop-staging";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Serves_what_is_pushed_and_leaves_nothing_behind()
    {
        var project = new StrangersProject(feed);
        await project.WriteAsync();
        await project.BuildAsync();
        project.Origins().Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["flow.core"] = feed.Folder, ["flow.aspnetcore"] = feed.Folder, ["flow.providers.local"] = feed.Folder, ["flow.routing.yarp"] = feed.Folder, ["flow.storage.sqlite"] = feed.Folder,
        }, "a package of the same name from another feed is not ours");

        var repository = new HelloRepository(Path.GetDirectoryName(project.Folder)!);
        await repository.CreateAsync();
        await using var host = new StrangersHost(project, repository.Url);
        await host.UntilAsync("The host is ready", Patience, async () => (await host.GetAsync("/health/ready")).Status == HttpStatusCode.OK);

        var commit = await repository.PushAsync();
        await host.UntilAsync("The app answers", Patience, async () => await host.GetAppAsync(App, "/") is (HttpStatusCode.OK, var answer) && CommitOf(answer) == commit);
        (await host.GetAsync("/flow/")).Text.Should().Contain(App);
        (await project.ItemsAsync()).Should().Contain("Program.cs").And.NotContain(item => item.Contains("flow-data", StringComparison.Ordinal), "what Flow deploys is no part of its host");

        (await host.TerminateAsync()).Should().Be(0, host.Output);
        for (var i = 0; i < 100 && Leftovers.Of(project.Folder).Count > 0; i++) await Task.Delay(50, TestContext.Current.CancellationToken);
        Leftovers.Of(project.Folder).Should().BeEmpty("its apps stop with it");
    }

    [Fact]
    public void Is_what_the_readme_shows_of_it()
    {
        var program = StrangersProject.Program.Split('\n');
        var at = 0;
        foreach (var line in Checkout.Blocks("README.md", "csharp").Single().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            at = Array.IndexOf(program, line, at) + 1;
            at.Should().BePositive($"the program in docs/getting-started.md has, in this order, the line: {line}");
        }
    }

    private static string? CommitOf(string answer)
    {
        using var json = JsonDocument.Parse(answer);
        return json.RootElement.GetProperty("commit").GetString();
    }
}
