using Flow.Apps;
using Flow.Builds;
using Flow.Core.Tests.Engine;
using Flow.Runs;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Runs;

public sealed class A_wait_on_paper
{
    private static readonly Failure Passing = new("away", "it is away", Transient: true);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly OnPaper<RunState, RunInput, RunEvent> run = RunOf(Plans.Deploy(Policy with { Gates = ["checks"] }, Revision(1), null));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(300, 300)]
    [InlineData(3_599, 3_599)]
    [InlineData(3_600, 3_600)]
    [InlineData(3_601, 3_600)]
    public void Is_as_long_as_the_gate_says_between_a_second_and_an_hour(int said, int seconds)
    {
        var alarm = Waits("the checks", TimeSpan.FromSeconds(said));
        alarm.After.Should().Be(TimeSpan.FromSeconds(seconds));
        run.State.Waits!.NextLook.Should().Be(run.Now + alarm.After);
        ((LookAgain)alarm.Input).Parked.Should().Be(run.State.Parked);
    }

    [Fact]
    public void Began_when_the_first_look_at_the_gate_found_it_closed()
    {
        var since = run.Now;
        Waits("the checks", Minute);
        (run.State.Status, run.State.Waits!.Since).Should().Be((RunStatus.Waiting, since));
        run.Now += Minute;
        run.Tell(new LookAgain(run.State.Parked));
        (run.State.Status, run.State.Waits is null).Should().Be((RunStatus.Running, true));
        Waits("the checks", Minute);
        run.State.Waited.Should().Be(Minute, "the timer that rang has measured it");
    }

    [Fact]
    public void Does_not_begin_when_a_hint_came_while_the_gate_looked()
    {
        run.Tell(new LookAgain(null));
        run.State.Hinted.Should().BeTrue();
        run.Tell(new LookAgain(null)).Events.Should().BeEmpty("once is enough");
        var again = run.Tell(new StepMustWait("gate:checks", "the checks", "CI", Minute));
        again.Messages.Should().BeEmpty("it looks again at once");
        (run.State.Hinted, run.State.Waits is null, run.Owes is ExecuteStep).Should().Be((false, true, true));
        Waits("the checks", Minute);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ends_with_an_approval_or_an_override_and_a_look_under_way_is_followed_by_another(bool approved)
    {
        RunInput Says(string by) => approved ? new ApproveRun(by, null) : new OverrideGate("checks", by, "known to be broken");
        run.Tell(Says("ada"));
        run.State.Hinted.Should().BeTrue("the look that is under way does not know it");
        run.Tell(new StepMustWait("gate:checks", "the checks", "CI", Minute));
        Waits("the checks", Minute);
        run.Tell(Says("bob"));
        (run.State.Waits is null, run.State.Hinted, run.State.Status).Should().Be((true, false, RunStatus.Running));
    }

    [Fact]
    public void For_the_slot_is_not_ended_by_an_approval()
    {
        var restart = RunOf(Plans.Renew(Policy, RunKind.Restart, Artifact(1), "ada"));
        restart.Tell(new ApproveRun("ada", null));
        restart.State.Waits!.For.Should().Be("the app's slot");
    }

    [Fact]
    public void For_the_slot_tells_its_new_reason_and_when_it_asks_again()
    {
        var restart = RunOf(Plans.Renew(Policy, RunKind.Restart, Artifact(1), "ada"));
        restart.Now += Minute;
        var alarm = restart.Tell(new SlotDelayed("on hold: a feeling", "whoever resumes")).Messages.Single();
        (restart.State.Waits!.For, restart.State.Waits.Owner, restart.State.Waits.NextLook).Should().Be(("on hold: a feeling", "whoever resumes", restart.Now + alarm.After));
        ((LookAgain)alarm.Input).Parked.Should().Be(restart.State.Parked);
        restart.Tell(new SlotDelayed("on hold: a feeling", "whoever resumes")).Messages.Should().BeEmpty("that is known");
    }

    [Fact]
    public void Grows_with_each_attempt_to_stop_what_was_started_and_the_run_stays_stopping()
    {
        run.Tell(new CancelRun("changed my mind", "ada"));
        List<TimeSpan> rests = [];
        for (var attempt = 1; attempt <= 12; attempt++)
        {
            var alarm = run.Tell(new StopFailed(Passing)).Messages.Single(m => m.Input is LookAgain);
            (run.State.StopAttempt, run.State.Status).Should().Be((attempt, RunStatus.Stopping));
            rests.Add(alarm.After);
            run.Tell((RunInput)alarm.Input);
            (run.State.Status, run.Owes is StopRun).Should().Be((RunStatus.Stopping, true));
        }
        rests.Should().BeInAscendingOrder().And.OnlyContain(r => r <= TimeSpan.FromMinutes(5));
        rests[0].Should().BeLessThan(rests[3]);
    }

    [Fact]
    public void Says_in_its_reason_which_attempt_comes_next()
    {
        run.Tell(new StepFailed("gate:checks", Passing));
        run.State.Waits!.For.Should().Contain("(2)");
        run.State.Tries.Should().Be(1);
    }

    private Flow.Engine.Message Waits(string what, TimeSpan lookAgainIn) => run.Tell(new StepMustWait("gate:checks", what, "CI", lookAgainIn)).Messages.Single(m => m.Input is LookAgain);
}
