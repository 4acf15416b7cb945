using Flow.Apps;
using Flow.Releases;
using Flow.Runs;
using Flow.Runtimes;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class A_release
{
    [Fact]
    public async Task Is_promoted_as_the_same_artifact_with_the_targets_own_config()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        var staging = await flow.DeployedAsync(Staging, 1);
        (await flow.Apps.SetConfigAsync(Production, new Dictionary<string, ConfigVar?> { ["GREETING"] = ConfigVar.Plain("Live") }, "ada")).OrThrow();

        var promotion = await flow.Releases.PromoteAsync(Staging, null, null, "ada");
        promotion.Answer.OrThrow();
        var production = await flow.DeployedAsync(Production, 1);

        production.CurrentRelease!.Artifact.Digest.Should().Be(staging.CurrentRelease!.Artifact.Digest);
        production.CurrentRelease.Origin.Should().Be(new PromotionOrigin(promotion.Id, Staging, 1));
        flow.Builder.Asked.Should().ContainSingle();
        flow.Runtime.Running[new(Production, 1, 1)].Environment.Should().Contain("GREETING", "Live");
        var outcome = await flow.UntilAsync(async () => (await flow.Releases.GetPromotionAsync(Staging, promotion.Id))!, p => p.Completed, "the promotion completed");
        outcome.Targets.Should().ContainSingle().Which.Should().Match<PromotionTarget>(t => t.State == PromotionState.Succeeded && t.Release == 1);
    }

    [Fact]
    public async Task Is_promoted_to_each_target_with_an_outcome_of_its_own()
    {
        await using var flow = new FlowHost();
        var other = AppName.Parse("other-app");
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);

        var promotion = await flow.Releases.PromoteAsync(Staging, [Production, other], null, "ada");
        var outcome = await flow.UntilAsync(async () => (await flow.Releases.GetPromotionAsync(Staging, promotion.Id))!, p => p.Completed, "the promotion completed");

        outcome.Targets.Single(t => t.App == Production).State.Should().Be(PromotionState.Succeeded);
        outcome.Targets.Single(t => t.App == other).Should().Match<PromotionTarget>(t => t.State == PromotionState.Failed && t.Reason!.Contains("no such app"));
    }

    [Fact]
    public async Task That_failed_or_is_unknown_or_of_the_last_stage_is_not_promoted()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);

        (await flow.Releases.PromoteAsync(Staging, null, 9, "ada")).Answer.Reason.Should().Contain("there is no v9");
        (await flow.Releases.PromoteAsync(Staging, [Staging], null, "ada")).Answer.Reason.Should().Contain("itself");
        (await flow.Releases.PromoteAsync(Production, null, null, "ada")).Answer.Reason.Should().Contain("no release");
    }

    [Fact]
    public async Task Is_rolled_back_with_its_config_and_holds_automatic_deployments_until_somebody_resumes()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        var config = (await flow.Apps.SetConfigAsync(Staging, new Dictionary<string, ConfigVar?> { ["A"] = ConfigVar.Plain("2") }, "ada")).OrThrow();
        await flow.EndedAsync(config.Run!.Value);

        var rollback = (await flow.Releases.RollBackAsync(Staging, 1, "ada")).OrThrow();
        (await flow.EndedAsync(rollback.Run!.Value)).Status.Should().Be(RunStatus.Succeeded);
        var app = await flow.AppAsync(Staging, a => a.Current == 3, "v3 serves");
        app.CurrentRelease!.Kind.Should().Be(RunKind.Rollback);
        flow.Runtime.Running[app.CurrentRelease.Deployment].Environment.Should().NotContainKey("A");
        app.Hold!.Reason.Should().Contain("v1");

        flow.Source.Push("main", Commit(2));
        var waiting = await flow.UntilAsync(async () => (await flow.Runs.ListAsync(Staging, 1))[0].Value, r => r.Waits?.For.Contains("on hold") == true, "the deploy waits and says why");
        waiting.Waits!.For.Should().Contain("rolled back to v1");

        (await flow.Apps.ResumeAsync(Staging, "ada")).OrThrow();
        await flow.DeployedAsync(Staging, 2);
    }

    [Fact]
    public async Task That_is_asked_for_in_mid_deploy_cancels_it_waits_for_its_end_and_goes_first()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        flow.Source.Push("main", Commit(2));
        await flow.DeployedAsync(Staging, 2);
        flow.Runtime.DeployAnswer = spec => spec.Id.Number == 3 ? WorkStatus<Deployment>.Running(TimeSpan.FromMilliseconds(20)) : null;
        flow.Source.Push("main", Commit(3));
        await flow.AppAsync(Staging, a => a.Slot is not null && flow.Runtime.Running.ContainsKey(new(Staging, 1, 3)), "the deploy of 3 is in the middle");

        var rollback = (await flow.Releases.RollBackAsync(Staging, null, "ada")).OrThrow();
        (await flow.EndedAsync(rollback.Run!.Value)).Status.Should().Be(RunStatus.Succeeded);

        var app = await flow.DeployedAsync(Staging, 1);
        app.FindRelease(3)!.Should().Match<Release>(r => r.State == ReleaseState.Failed && r.Reason!.Contains("rollback"));
        app.Current.Should().Be(4);
        flow.Runtime.Running.Keys.Should().Equal(new DeploymentId(Staging, 1, 4));
    }

    [Fact]
    public async Task Scales_restarts_and_runs_commands()
    {
        await using var flow = new FlowHost();
        flow.Builder.ProcessTypes["worker"] = "./worker";
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);

        (await flow.Apps.ScaleAsync(Staging, new Dictionary<string, int> { ["nope"] = 1 }, "ada")).Reason.Should().Contain("it has web, worker");
        var scale = (await flow.Apps.ScaleAsync(Staging, new Dictionary<string, int> { ["web"] = 2, ["worker"] = 1 }, "ada")).OrThrow();
        (await flow.EndedAsync(scale.Run!.Value)).Status.Should().Be(RunStatus.Succeeded);
        flow.Router.Routes[Staging].Targets.Should().HaveCount(2);
        flow.Runtime.Running[new(Staging, 1, 1)].Processes.Should().HaveCount(2);

        var restart = (await flow.Apps.RestartAsync(Staging, "ada")).OrThrow();
        (await flow.EndedAsync(restart.Run!.Value)).Status.Should().Be(RunStatus.Succeeded);
        flow.Runtime.Running.Keys.Should().Equal(new DeploymentId(Staging, 1, 2));
        flow.Router.Routes[Staging].Deployment.Number.Should().Be(2);
        (await flow.Apps.GetAsync(Staging))!.Releases.Should().ContainSingle("neither is a release");

        var command = (await flow.Apps.RunCommandAsync(Staging, "echo hello", TimeSpan.FromMinutes(1), "ada")).OrThrow();
        (await flow.EndedAsync(command.Run!.Value)).Status.Should().Be(RunStatus.Succeeded);
        flow.Runtime.Commands.Values.Should().ContainSingle(c => c.Command == "echo hello").Which.Environment.Should().ContainKey("DATABASE_URL");
    }

    [Fact]
    public async Task Is_cancelled_and_leaves_nothing_running()
    {
        await using var flow = new FlowHost();
        flow.Runtime.DeployAnswer = _ => WorkStatus<Deployment>.Running(TimeSpan.FromMilliseconds(20));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.AppAsync(Staging, a => a.Slot is not null && flow.Runtime.Running.Count == 1, "in the middle");

        (await flow.Runs.CancelAsync(new(Staging, 1), "wrong commit", "ada")).OrThrow();
        (await flow.EndedAsync(new(Staging, 1))).Should().Match<RunState>(r => r.Status == RunStatus.Cancelled && r.Reason == "wrong commit");

        flow.Runtime.Running.Should().BeEmpty();
        await flow.AppAsync(Staging, a => a.Slot is null && a.Candidates.Count == 0, "the slot is free");
    }

    [Fact]
    public async Task That_nobody_planned_does_not_come_to_be_by_asking_for_it()
    {
        await using var flow = new FlowHost();
        await flow.StartAsync();
        foreach (var unknown in (RunId[])[new(Staging, 999), new(AppName.Parse("nobody"), 1)])
        {
            (await flow.Runs.CancelAsync(unknown, "why not", "ada")).Code.Should().Be("run-unknown");
            (await flow.Runs.GetAsync(unknown)).Should().BeNull();
            (await flow.Runs.Awaiting(r => r.WaitAsync(unknown).AsTask()).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("run-unknown");
        }
        (await flow.Apps.RestartAsync(AppName.Parse("nobody"), "ada")).Accepted.Should().BeFalse();
        (await flow.Apps.GetAsync(AppName.Parse("nobody"))).Should().BeNull();
    }

    [Fact]
    public async Task Of_secrets_needs_a_protector()
    {
        await using var flow = new FlowHost();
        await flow.StartAsync();
        var answer = await flow.Apps.SetConfigAsync(Staging, new Dictionary<string, ConfigVar?> { ["TOKEN"] = ConfigVar.Secret("0123456789") }, "ada");
        answer.Reason.Should().Contain("ISecretProtector");
    }
}
