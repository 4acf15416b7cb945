using System.Collections.Concurrent;
using Flow.DependencyInjection;
using Flow.Reporting;
using Flow.Runs;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class A_host_of_its_own
{
    [Fact]
    public async Task Tests_the_new_processes_before_they_get_traffic()
    {
        await using var flow = new FlowHost(f => f.AddRunStep<Smoke>("smoke-test", WellKnownSteps.Deploy));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();

        var app = await flow.AppAsync(Staging, a => a.Releases.Count == 1 && a.Candidates.Count == 0, "v1 has ended");

        app.Releases[0].Reason.Should().Be("smoke-test: GET / answered 418 at 1 endpoints");
        flow.Router.Routes.Should().BeEmpty("the test stands before the switch");
        flow.Runtime.Running.Should().BeEmpty();
    }

    [Fact]
    public async Task Is_told_how_runs_stand_also_when_its_reporter_was_down()
    {
        Board.Told.Clear();
        await using var flow = new FlowHost(f => f.AddStatusReporter<Board>("board"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);

        await flow.UntilAsync(() => Task.FromResult(Board.Told.ToArray()), t => t.Any(r => r.State == RunStatus.Succeeded), "the end was told");
        var last = Board.Told.Last();
        last.Should().Match<StatusReport>(r => r.App == Staging && r.Stage == Stage.Staging && r.Kind == RunKind.Deploy && r.Revision!.Sha == Commit(1) && r.Url!.Host == "shop-staging.localhost");
        await flow.UntilAsync(async () => await flow.Store.LoadAsync(new("report", "shop-staging.1"), default), r => r is null, "the report is forgotten once all is told");
    }

    private sealed class Smoke : IRunStep
    {
        public ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken) =>
            ValueTask.FromResult<StepResult>(new StepResult.Failed(new("smoke", $"GET / answered 418 at {context.Endpoints.Count} endpoints")));
    }

    private sealed class Board : IStatusReporter
    {
        public static readonly ConcurrentQueue<StatusReport> Told = new();
        private int calls;

        public ValueTask ReportAsync(StatusReport report, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref calls) == 1) throw new FlowException("board-down", "The board is down.", transient: true);
            Told.Enqueue(report);
            return ValueTask.CompletedTask;
        }
    }
}
