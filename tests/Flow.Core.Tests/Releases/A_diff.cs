using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Core.Tests.Flows;
using Flow.Releases;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Releases;

public sealed class A_diff
{
    private static ChangeConfig Sets(params (string Name, ConfigValue? Value)[] vars) => new(vars.ToDictionary(v => v.Name, v => v.Value), "ada");
    private static ConfigValue Plain(string text) => new(text, null);
    private static ConfigValue Secret(string ciphertext) => new(null, ciphertext);

    private static ReleaseDiff Between(AppState app, int from, int to) => ReleaseDiff.Between(app, app.FindRelease(from)!, app.FindRelease(to)!);

    [Fact]
    public void Names_config_vars_and_never_values()
    {
        var app = Released(1);
        app.Tell(Sets(("SAME", Plain("hidden-1")), ("PLAIN", Plain("hidden-2")), ("SECRET", Secret("hidden-3")), ("GONE", Secret("hidden-4")), ("BECOMES", Plain("hidden-5"))), Asks(2), Succeeded(2));
        app.Tell(Sets(("PLAIN", Plain("hidden-6")), ("SECRET", Secret("hidden-7")), ("GONE", null), ("NEW", Plain("hidden-8")), ("ALSO", Secret("hidden-9")), ("BECOMES", Secret("hidden-5"))), Asks(3), Succeeded(3));

        var diff = Between(app.State, 2, 3);
        diff.Config.Should().BeEquivalentTo(new ConfigDiff { Added = ["ALSO", "NEW"], Changed = ["BECOMES", "PLAIN", "SECRET"], Removed = ["GONE"] }, o => o.WithStrictOrdering());
        (diff.ConfigFrom, diff.ConfigTo).Should().Be((1, 2));
        System.Text.Json.JsonSerializer.Serialize(diff).Should().NotContain("hidden");
        Between(app.State, 3, 2).Config.Should().BeEquivalentTo(new ConfigDiff { Added = ["GONE"], Changed = ["BECOMES", "PLAIN", "SECRET"], Removed = ["ALSO", "NEW"] }, o => o.WithStrictOrdering());
        Between(app.State, 1, 2).Config!.Added.Should().HaveCount(5, "the first release had no config at all");
    }

    [Fact]
    public void Names_the_add_ons_that_come_and_go()
    {
        var app = App();
        app.Tell(Head(1), Asks(1), Succeeded(1), new DefineApp(Policy with { Fingerprint = "2", AddOns = [new() { Name = "data", Provider = "db" }] }), Head(2), Asks(2), Succeeded(2));
        Between(app.State, 1, 2).Should().Match<ReleaseDiff>(d => d.AddOnsAdded.Single() == "data" && d.AddOnsRemoved.Count == 0);
        Between(app.State, 2, 1).Should().Match<ReleaseDiff>(d => d.AddOnsRemoved.Single() == "data" && d.AddOnsAdded.Count == 0);
    }

    [Fact]
    public void Has_the_artifacts_and_their_commits()
    {
        var app = Released(2);
        Between(app.State, 1, 2).Should().BeEquivalentTo(new ReleaseDiff
        {
            From = 1,
            To = 2,
            ArtifactFrom = Artifact(1).Digest,
            ArtifactTo = Artifact(2).Digest,
            CommitFrom = Commit(1),
            CommitTo = Commit(2),
            ConfigFrom = 0,
            ConfigTo = 0,
            Config = new(),
        });
    }

    [Fact]
    public void Says_so_when_a_config_version_is_forgotten()
    {
        var app = Released(1);
        app.Tell(Sets(("A", Plain("1"))), Asks(2), Failed(2), Sets(("A", Plain("2"))), Asks(3), Succeeded(3), Head(4), Asks(4), Succeeded(4), Head(5), Asks(5), Failed(5));
        app.State.Configs.Should().NotContain(c => c.Version == 1);

        Between(app.State, 2, 4).Config.Should().BeNull();
        Between(app.State, 4, 2).Config.Should().BeNull();
        Between(app.State, 3, 4).Config.Should().BeEquivalentTo(new ConfigDiff());
        Between(app.State with { Configs = [] }, 3, 4).Config.Should().BeEquivalentTo(new ConfigDiff(), "the version is the same");
    }

    [Fact]
    public void Does_not_see_a_new_key()
    {
        var app = Released(1);
        app.Tell(Sets(("A", Secret("old"))), Asks(2), Succeeded(2), Sets(("B", Plain("1"))), Asks(3), Succeeded(3));
        app.Tell(new RewrapConfig(new Dictionary<string, string> { ["old"] = "new" }));
        Between(app.State, 2, 3).Config.Should().BeEquivalentTo(new ConfigDiff { Added = ["B"] });
    }

    [Fact]
    public async Task Is_there_for_hosts_and_refuses_what_is_unknown()
    {
        await using var host = await new FlowHost().StartAsync();
        host.Source.Push("main", Commit(1));
        await host.DeployedAsync(Staging, 1);
        (await host.Releases.DiffAsync(Staging, 1, 1)).Config.Should().BeEquivalentTo(new ConfigDiff());
        (await host.Releases.Awaiting(r => r.DiffAsync(Staging, 1, 2).AsTask()).Should().ThrowAsync<FlowException>()).Which.Should().Match<FlowException>(e => e.Code == "release-unknown" && e.Message.Contains("v2"));
        (await host.Releases.Awaiting(r => r.DiffAsync(AppName.Parse("nobody"), 1, 1).AsTask()).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("app-unknown");
    }
}
