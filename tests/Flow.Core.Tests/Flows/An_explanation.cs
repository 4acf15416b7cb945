using Flow.Builds;
using Flow.Runs;
using Flow.Runtimes;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class An_explanation
{
    private static IEnumerable<Explanation> All(Explanation? explanation) => explanation is null ? [] : [explanation, .. explanation.Because.SelectMany(All)];

    private static Task<Explanation[]> ExplainedAsync(FlowHost flow, RunId run, string what) => flow.UntilAsync(
        async () => All(await flow.Runs.ExplainAsync(run)).ToArray(), all => all.Any(e => e.What.Contains(what)), $"{run} explains '{what}'");

    [Fact]
    public async Task Of_a_run_at_its_gate_names_the_gate_its_owner_and_the_next_look()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(Definition with { Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main", Gates = ["approval"] }] });

        var reason = (await ExplainedAsync(flow, new(Staging, 1), "approval of this run"))[^1];

        reason.Owner.Should().Be("whoever may approve");
        reason.NextLook.Should().BeAfter(reason.Since!.Value);
    }

    [Fact]
    public async Task Of_a_held_deploy_leads_to_the_hold_and_of_one_behind_it_to_the_run_that_has_the_slot()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        (await flow.Apps.HoldAsync(Staging, "release party", "ada")).OrThrow();
        flow.Source.Push("main", Commit(2));

        var hold = (await ExplainedAsync(flow, new(Staging, 2), "release party"))[^1];
        hold.Owner.Should().Contain("ada");

        flow.Runtime.DeployAnswer = spec => spec.Id.Number == 2 ? WorkStatus<Deployment>.Running(TimeSpan.FromMilliseconds(20)) : null;
        var busy = (await flow.Apps.RestartAsync(Staging, "ada")).OrThrow().Run!.Value;
        await flow.AppAsync(Staging, a => a.Slot == busy, "restarts");
        var all = await ExplainedAsync(flow, new(Staging, 2), "changes shop-staging now");
        all.Should().Contain(e => e.Run == busy).And.Contain(e => e.What.Contains("step deploy is being done"));
    }

    [Fact]
    public async Task Of_a_run_that_waits_for_its_build_names_the_build_and_the_builder()
    {
        await using var flow = new FlowHost();
        flow.Builder.Answer = _ => WorkStatus<Artifact>.Running(TimeSpan.FromMilliseconds(20));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();

        (await ExplainedAsync(flow, new(Staging, 1), "attempt 1, for 1 run(s)"))[^1].Owner.Should().Be("builder 'local'");
    }

    [Fact]
    public async Task Of_a_pipeline_names_what_is_wrong_with_its_repository()
    {
        await using var flow = new FlowHost();
        flow.Source.Outage = new FlowException("source-unreachable", "https://git.example.org does not answer.", transient: true);
        await flow.StartAsync();

        await flow.UntilAsync(async () => await flow.Pipelines.ExplainAsync(Shop), e => e.Any(x => x.What.Contains("does not answer")), "the outage is explained");
        (await flow.Runs.ExplainAsync(new(Staging, 77))).Should().BeNull();
    }
}
