using Flow.Apps;
using Flow.Builds;
using Flow.Releases;
using Flow.Runs;
using Flow.Runtimes;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class A_push
{
    [Fact]
    public async Task Is_built_once_released_as_v1_and_routed()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();

        var app = await flow.DeployedAsync(Staging, 1);

        app.Current.Should().Be(1);
        app.CurrentRelease!.State.Should().Be(ReleaseState.Succeeded);
        flow.Builder.Asked.Should().ContainSingle();
        flow.Router.Routes[Staging].Deployment.Should().Be(new DeploymentId(Staging, 1, 1));
        flow.AddOns.Instances.Should().ContainKey("shop-staging.1.data").WhoseValue.Purpose.Should().Be(Flow.AddOns.AddOnPurpose.Staging);
        var spec = flow.Runtime.Running[new(Staging, 1, 1)];
        spec.Environment.Should().Contain("FLOW_COMMIT", Commit(1).ToString()).And.Contain("FLOW_RELEASE", "v1").And.ContainKey("DATABASE_URL");
        spec.Secrets.Should().Contain("fake://shop-staging.1.data");
    }

    [Fact]
    public async Task Replaces_the_old_release_and_leaves_nothing_of_it()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);

        flow.Source.Push("main", Commit(2));
        var app = await flow.DeployedAsync(Staging, 2);

        app.Current.Should().Be(2);
        flow.Runtime.Running.Keys.Should().Equal(new DeploymentId(Staging, 1, 2));
        app.Ledger.Where(r => r.Kind == ResourceKind.Deployment).Select(r => r.Id).Should().Equal("shop-staging.1.2");
    }

    [Fact]
    public async Task That_does_not_become_healthy_leaves_the_old_release_serving_and_says_why()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        flow.Runtime.DeployAnswer = spec => spec.Id.Number == 2 ? WorkStatus<Deployment>.Failed(new("unhealthy", "GET /health answered 500")) : null;

        flow.Source.Push("main", Commit(2));
        var app = await flow.AppAsync(Staging, a => a.Releases.Count == 2 && a.Candidates.Count == 0, "v2 has ended");

        app.Current.Should().Be(1);
        app.FindRelease(2)!.Should().Match<Release>(r => r.State == ReleaseState.Failed && r.Reason!.Contains("GET /health answered 500"));
        flow.Router.Routes[Staging].Deployment.Number.Should().Be(1);
        flow.Runtime.Running.Keys.Should().Equal(new DeploymentId(Staging, 1, 1));
    }

    [Fact]
    public async Task Whose_release_phase_fails_starts_nothing_and_says_why()
    {
        await using var flow = new FlowHost();
        flow.Builder.ProcessTypes["release"] = "./migrate";
        flow.Runtime.CommandAnswer = _ => WorkStatus<CommandResult>.Done(new(1, false, "no such table"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();

        var app = await flow.AppAsync(Staging, a => a.Releases.Count == 1 && a.Candidates.Count == 0, "v1 has ended");

        app.Current.Should().BeNull();
        app.Releases[0].Reason.Should().Contain("exited with code 1").And.Contain("no such table");
        flow.Runtime.Running.Should().BeEmpty();
        flow.Router.Routes.Should().BeEmpty();
    }

    [Fact]
    public async Task Of_the_same_tree_to_two_apps_is_built_once()
    {
        await using var flow = new FlowHost();
        var second = AppName.Parse("shop-development");
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(Definition with { Apps = [.. Definition.Apps, new() { Name = second, Stage = Stage.Development, Branch = "main" }] });

        var one = await flow.DeployedAsync(Staging, 1);
        var two = await flow.DeployedAsync(second, 1);

        two.CurrentRelease!.Artifact.Digest.Should().Be(one.CurrentRelease!.Artifact.Digest);
        flow.Builder.Asked.Should().ContainSingle();
    }

    [Fact]
    public async Task That_cannot_be_built_fails_its_run_with_the_builders_words()
    {
        await using var flow = new FlowHost();
        flow.Builder.Answer = _ => WorkStatus<Artifact>.Failed(new("build-failed", "Program.cs(3,1): error CS1002: ; expected"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();

        var run = await flow.EndedAsync(await FirstRunAsync(flow));

        run.Status.Should().Be(RunStatus.Failed);
        run.Reason.Should().Contain("Program.cs(3,1)");
        (await flow.Apps.GetAsync(Staging))!.Releases.Should().BeEmpty("a build that fails makes no release");
    }

    [Fact]
    public async Task That_is_newer_supersedes_one_that_waits_and_never_the_other_way_round()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(Definition with { Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main", Gates = ["approval"] }] });
        var first = await FirstRunAsync(flow);
        flow.Source.Push("main", Commit(2));
        await flow.AppAsync(Staging, a => a.Candidates.Count == 2, "both wait");

        (await flow.Runs.ApproveAsync(new(Staging, 2), "ada")).Accepted.Should().BeTrue();
        await flow.DeployedAsync(Staging, 2);

        (await flow.EndedAsync(first)).Should().Match<RunState>(r => r.Status == RunStatus.Cancelled && r.Reason!.Contains("superseded"));
    }

    private static async Task<RunId> FirstRunAsync(FlowHost flow)
    {
        await flow.AppAsync(Staging, a => a.Runs == 1, "a run was planned");
        return new(Staging, 1);
    }
}
