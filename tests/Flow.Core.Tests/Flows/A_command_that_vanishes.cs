using Flow.Runs;
using Flow.Runtimes;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

/// <summary>The machine went down, or its supervisor was killed: nobody knows how the command ended.</summary>
public sealed class A_command_that_vanishes
{
    private static FlowHost Host(out Action appear)
    {
        var flow = new FlowHost();
        var vanishes = true;
        appear = () => vanishes = false;
        flow.Builder.ProcessTypes["release"] = "./migrate";
        flow.Runtime.CommandAnswer = _ => vanishes ? WorkStatus<CommandResult>.Done(new(null, false, "")) : null;
        flow.Source.Push("main", Commit(1));
        return flow;
    }

    [Fact]
    public async Task Is_repeated_when_its_step_may_be()
    {
        await using var flow = Host(out var appear);
        await flow.StartAsync();
        await flow.UntilAsync(async () => await flow.Runs.GetAsync(new(Staging, 1)) ?? new(), r => r.Waits?.For.Contains("vanished") == true, "the run says that the command vanished");
        appear();
        await flow.DeployedAsync(Staging, 1);
        flow.Runtime.Commands.Should().HaveCountGreaterThan(0);
    }

    [Fact]
    public async Task Stops_the_run_as_unknown_when_its_step_must_not_be_repeated_and_a_person_decides()
    {
        await using var flow = Host(out _);
        await flow.StartAsync(Definition with { ReleaseRepeat = StepRepeat.OnceThenAsk });
        var run = await flow.UntilAsync(async () => await flow.Runs.GetAsync(new(Staging, 1)) ?? new(), r => r.Status == RunStatus.Unknown, "the run is unknown");
        run.Waits!.For.Should().Contain("did it happen?");
        (await flow.Runs.ExplainAsync(new(Staging, 1)))!.Because.Should().ContainSingle().Which.Owner.Should().Contain("a person");
        flow.Runtime.Commands.Should().ContainSingle("it was not repeated");

        (await flow.Runs.DecideUnknownAsync(new(Staging, 1), happened: true, "ada")).OrThrow();
        var app = await flow.DeployedAsync(Staging, 1);
        app.Current.Should().Be(1);
        flow.Runtime.Commands.Should().ContainSingle();
    }
}
