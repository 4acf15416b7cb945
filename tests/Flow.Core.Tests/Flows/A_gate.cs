using Flow.DependencyInjection;
using Flow.Gates;
using Flow.Runs;
using Flow.Sources;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class A_gate
{
    private static readonly RunId First = new(Staging, 1);

    private static Flow.Pipelines.PipelineDefinition With(params string[] gates) =>
        Definition with { Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main", Gates = gates }] };

    [Fact]
    public async Task For_checks_waits_for_them_says_for_which_and_opens_when_the_last_one_is_good()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(With("checks"));
        await WaitsAsync(flow, "the first check");

        (await flow.Checks.ReportAsync(Shop, Commit(1), new("unit", CheckState.Pending))).OrThrow();
        await WaitsAsync(flow, "check unit of");
        (await flow.Checks.ReportAsync(Shop, Commit(1), new("unit", CheckState.Failure))).OrThrow();
        await WaitsAsync(flow, "unit failed");
        flow.Builder.Asked.Should().BeEmpty("nothing is built before the gates");
        (await flow.Checks.ReportAsync(Shop, Commit(1), new("unit", CheckState.Success))).OrThrow();

        await flow.DeployedAsync(Staging, 1);
    }

    [Fact]
    public async Task Is_overridden_by_a_person_with_a_reason_that_stays_on_record()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(With("checks"));
        await WaitsAsync(flow, "the first check");

        (await flow.Runs.OverrideGateAsync(First, "nope", "ada", "hotfix")).Code.Should().Be("gate-unknown");
        (await flow.Runs.OverrideGateAsync(First, "checks", "ada", "hotfix")).OrThrow();

        await flow.DeployedAsync(Staging, 1);
        (await flow.Runs.GetAsync(First))!.Done[0].Output.Should().Be("overridden by ada: hotfix");
    }

    [Fact]
    public async Task Of_the_hosts_own_that_refuses_ends_the_run_with_its_reason()
    {
        await using var flow = new FlowHost(f => f.AddGate<NeverOnFriday>("friday"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(With("friday"));

        (await flow.EndedAsync(await PlannedAsync(flow))).Should().Match<RunState>(r => r.Status == RunStatus.Failed && r.Reason!.Contains("it is Friday"));
    }

    [Fact]
    public async Task Counts_a_report_only_when_it_is_sound()
    {
        await using var flow = new FlowHost();
        await flow.StartAsync();
        (await flow.Checks.ReportAsync(Shop, Commit(1), new("", CheckState.Success))).Code.Should().Be("check-invalid");
        (await flow.Checks.ReportAsync(Shop, Commit(1), new("x", CheckState.Success, new Uri("javascript:alert(1)")))).Code.Should().Be("check-invalid");
        (await flow.Checks.ReportAsync(Flow.PipelineName.Parse("nope"), Commit(1), new("x", CheckState.Success))).Code.Should().Be("pipeline-unknown");
    }

    private static async Task<RunId> PlannedAsync(FlowHost flow)
    {
        await flow.AppAsync(Staging, a => a.Runs == 1, "a run was planned");
        return First;
    }

    private static Task<RunState> WaitsAsync(FlowHost flow, string what) =>
        flow.UntilAsync(async () => await flow.Runs.GetAsync(First) ?? new(), r => r.Waits?.For.Contains(what) == true, $"waits for {what}");

    private sealed class NeverOnFriday : IGate
    {
        public ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken) => ValueTask.FromResult(GateAnswer.Refuse("it is Friday"));
    }
}
