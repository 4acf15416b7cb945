using Flow.Core.Tests.Engine;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Runs;

namespace Flow.Core.Tests.Reporting;

public sealed class A_report_on_paper
{
    private static readonly Failure Away = new("away", "The chat is away.", Transient: true), Gone = new("gone", "There is no such room.");
    private readonly OnPaper<ReportState, ReportInput, ReportEvent> report = new(new ReportDecider(), ReportDecider.StreamOf(Paper.Run(1)));

    private DeliverReport Due => (DeliverReport)report.Owes!;

    [Fact]
    public void Is_told_to_each_reporter_in_turn_and_then_nothing_is_left_to_do()
    {
        Says(RunStatus.Running, "chat", "board");
        (Due.Reporter, Due.Report.State, Due.Number).Should().Be(("chat", RunStatus.Running, 1));
        report.Tell(new ReportDelivered(1, "chat"));
        Due.Reporter.Should().Be("board");
        report.Tell(new ReportDelivered(1, "board")).Forgets.Should().BeFalse("the run goes on");
        report.Owes.Should().BeNull();
    }

    [Theory]
    [InlineData(RunStatus.Succeeded)]
    [InlineData(RunStatus.Failed)]
    [InlineData(RunStatus.Cancelled)]
    public void Is_forgotten_when_everybody_knows_how_the_run_ended(RunStatus end)
    {
        Says(end, "chat", "board");
        report.Tell(new ReportDelivered(1, "chat")).Forgets.Should().BeFalse("one still waits");
        report.Tell(new ReportDelivered(1, "board")).Forgets.Should().BeTrue();
    }

    [Fact]
    public void Is_the_newest_state_only()
    {
        Says(RunStatus.Running, "chat");
        Says(RunStatus.Failed, "chat", "board");
        (Due.Number, Due.Report.State).Should().Be((2, RunStatus.Failed));
        report.Tell(new ReportDelivered(1, "chat")).Events.Should().BeEmpty("that was the older one");
        report.Tell(new ReportFailed(1, "chat", Gone)).Events.Should().BeEmpty();
        report.State.Pending.Should().Equal("chat", "board");
    }

    [Fact]
    public void Is_not_heard_twice()
    {
        Says(RunStatus.Running, "chat", "board");
        report.Tell(new ReportDelivered(1, "chat"));
        report.Tell(new ReportDelivered(1, "chat")).Events.Should().BeEmpty();
        report.Tell(new ReportFailed(1, "chat", Gone)).Events.Should().BeEmpty();
    }

    [Fact]
    public void Rests_longer_after_each_failure_and_lets_the_others_go_first()
    {
        Says(RunStatus.Running, "chat", "board");
        var first = Due.IdempotencyKey;
        Rest(report.Tell(new ReportFailed(1, "chat", Away))).Should().Be((1, TimeSpan.FromSeconds(2)));
        report.Owes.Should().BeNull("it rests");
        report.State.Pending.Should().Equal("board", "chat");
        report.Tell(new ReportAgain(7)).Events.Should().BeEmpty("that is the timer of another rest");
        report.Tell(new ReportAgain(1));
        report.Tell(new ReportAgain(1)).Events.Should().BeEmpty("it does not rest any more");
        Due.Reporter.Should().Be("board");
        report.Tell(new ReportDelivered(1, "board"));
        Due.IdempotencyKey.Should().Be(first, "the first attempt of a report keeps its key");
        report.State.Failures.Should().Be(0, "a report that arrived ends the row of failures");
    }

    [Fact]
    public void Rests_a_quarter_of_an_hour_at_most()
    {
        Says(RunStatus.Running, "chat");
        List<TimeSpan> rests = [];
        for (var failures = 1; failures <= 30; failures++)
        {
            rests.Add(Rest(report.Tell(new ReportFailed(1, "chat", Away))).After);
            report.Tell(new ReportAgain(failures));
            Due.Attempt.Should().Be(failures);
        }
        rests.Take(4).Should().Equal(((int[])[2, 4, 8, 16]).Select(s => TimeSpan.FromSeconds(s)));
        rests.Should().BeInAscendingOrder();
        rests[^1].Should().Be(TimeSpan.FromMinutes(15));
    }

    [Fact]
    public void Is_given_up_at_once_when_it_can_never_arrive()
    {
        Says(RunStatus.Succeeded, "chat", "board");
        Given(report.Tell(new ReportFailed(1, "chat", Gone))).Should().BeTrue();
        Due.Reporter.Should().Be("board");
        report.Tell(new ReportFailed(1, "board", Gone)).Forgets.Should().BeTrue("nobody is left to tell");
    }

    [Fact]
    public void Is_given_up_after_a_hundred_failures()
    {
        Says(RunStatus.Running, "chat");
        for (var failures = 1; failures < 100; failures++)
        {
            Given(report.Tell(new ReportFailed(1, "chat", Away))).Should().BeFalse();
            report.Tell(new ReportAgain(failures));
        }
        var last = report.Tell(new ReportFailed(1, "chat", Away));
        Given(last).Should().BeTrue();
        last.Messages.Should().BeEmpty();
        (report.State.Pending.Count, report.State.Failures).Should().Be((0, 0));
    }

    private static bool Given(Decision decision) => ((TellingFailed)decision.Events.Single()).GivenUp;

    private static (int Failures, TimeSpan After) Rest(Decision decision) => decision.Messages.Single() is { Input: ReportAgain again, After: var after, To: var to } && to == ReportDecider.StreamOf(Paper.Run(1))
        ? (again.Failures, after) : throw new InvalidOperationException("It does not rest.");

    private void Says(RunStatus state, params string[] reporters) =>
        report.Tell(new ReportStatus(new() { Run = Paper.Run(1), App = Paper.Staging, Stage = Stage.Staging, Kind = RunKind.Deploy, State = state }, reporters));
}
