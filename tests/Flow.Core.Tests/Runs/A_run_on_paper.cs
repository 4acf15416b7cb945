using Flow.Apps;
using Flow.Builds;
using Flow.Core.Tests.Engine;
using Flow.Pipelines;
using Flow.Runs;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Runs;

public sealed class A_run_on_paper
{
    private static readonly Failure Passing = new("away", "it is away", Transient: true);
    private static readonly Failure Final = new("broken", "it is broken");
    private static readonly SlotGranted Granted = new(new() { Deployment = new(Staging, 1, 1), Generation = 1, Turn = 1 });

    /// <summary>A deployment that has its build and its slot: the release phase is due.</summary>
    private static OnPaper<RunState, RunInput, RunEvent> Deploying(AppPolicy? policy = null)
    {
        var run = RunOf(Plans.Deploy(policy ?? Policy, Revision(1), null));
        run.Tell(new StepDone("fetch", "tree", new(Source: new("tree", "a change", "ada", "key"))), new ArtifactReady("key", Artifact(1)), Granted);
        return run;
    }

    private static OnPaper<RunState, RunInput, RunEvent> Switched(AppPolicy? policy = null)
    {
        var run = Deploying(policy);
        run.Tell(new StepDone("release", ""), new StepDone("deploy", "", new(Endpoints: [new("http://new/")])), new StepDone("switch", ""));
        return run;
    }

    private static string Due(OnPaper<RunState, RunInput, RunEvent> run) => run.Owes.Should().BeOfType<ExecuteStep>().Which.Step.Name;

    [Fact]
    public void Asks_again_for_what_others_give_and_starts_no_second_alarm_for_a_hint()
    {
        var run = RunOf(Plans.Renew(Policy, RunKind.Restart, Artifact(1), "ada"));
        run.State.Waits!.For.Should().Be("the app's slot");
        run.Owes.Should().BeNull();
        run.Tell(new LookAgain(null)).Messages.Should().BeEmpty("a hint moves gates only");
        run.Tell(new LookAgain(run.State.Parked)).Said<RequestSlot>().Should().ContainSingle();
        run.Tell(new LookAgain(run.State.Parked - 1)).Messages.Should().BeEmpty("that alarm is old");
    }

    [Fact]
    public void Tries_again_as_a_new_attempt_after_a_growing_rest_up_to_its_limit()
    {
        var run = Deploying();
        var rests = new List<TimeSpan>();
        for (var attempt = 1; attempt < 3; attempt++)
        {
            run.Owes!.IdempotencyKey.Should().EndWith($"/deploy/{attempt}");
            var alarm = run.Tell(new StepFailed("deploy", Passing)).Messages.Single(m => m.Input is LookAgain);
            rests.Add(alarm.After);
            run.Owes.Should().BeNull();
            run.Tell((RunInput)alarm.Input);
        }
        rests.Should().BeInAscendingOrder();
        run.Tell(new StepFailed("deploy", Passing));
        run.State.Status.Should().Be(RunStatus.Stopping);
        run.Owes.Should().BeOfType<StopRun>();
        run.Tell(new Stopped()).Said<RunEnded>().Should().ContainSingle().Which.Outcome.Should().Be(RunStatus.Failed);
    }

    [Fact]
    public void Keeps_its_key_while_nobody_knows_whether_the_step_happened()
    {
        var run = Deploying();
        run.Tell(new StepFailed("deploy", Passing, Unsure: true));
        run.Tell(new LookAgain(run.State.Parked));
        run.Owes!.IdempotencyKey.Should().EndWith("/deploy/1");
        for (var i = 0; i < 10 && run.State.Status != RunStatus.Stopping; i++)
        {
            run.Tell(new StepFailed("deploy", Passing, Unsure: true));
            if (run.State.Status != RunStatus.Stopping) run.Tell(new LookAgain(run.State.Parked));
        }
        run.State.Status.Should().Be(RunStatus.Stopping, "that has a limit, too");
    }

    [Fact]
    public void Never_gives_up_cleaning_up()
    {
        var retiring = Switched();
        var destroying = RunOf(Plans.Destroy(Policy, "ada"));
        destroying.Tell(Granted);
        foreach (var (run, step) in new[] { (retiring, "retire"), (destroying, "teardown") })
            for (var i = 0; i < 50; i++)
            {
                run.Tell(new StepFailed(step, i % 2 == 0 ? Final : Passing));
                run.State.Status.Should().Be(RunStatus.Waiting);
                run.Tell(new LookAgain(run.State.Parked));
                Due(run).Should().Be(step);
            }
        destroying.Tell(new CancelRun("why", "ada")).Answer!.Code.Should().Be("not-cancellable");
    }

    [Fact]
    public void Does_not_end_half_way_when_a_hosts_step_fails_after_the_switch()
    {
        var run = Switched(Policy with { Steps = [new("notify", "switch", true, StepRepeat.Idempotent, TimeSpan.FromMinutes(10))] });
        Due(run).Should().Be("notify");
        run.Tell(new StepFailed("notify", Final));
        Due(run).Should().Be("retire");
        run.State.Find("notify")!.Output.Should().Contain("it is broken");
        run.Tell(new StepDone("retire", "")).Said<RunEnded>().Should().ContainSingle().Which.Outcome.Should().Be(RunStatus.Succeeded);
    }

    [Fact]
    public void Asks_a_person_about_a_step_that_must_not_be_repeated_and_does_as_told()
    {
        var run = Deploying(Policy with { Steps = [new("charge", "deploy", false, StepRepeat.OnceThenAsk, TimeSpan.FromMinutes(10))] });
        run.Tell(new StepDone("release", ""), new StepBegun("charge", 1), new StepUnknown("charge", "did it happen?"));
        run.State.Status.Should().Be(RunStatus.Unknown);
        run.Owes.Should().BeNull();
        run.Tell(new LookAgain(null)).Events.Should().BeEmpty();
        run.Tell(new StepDone("charge", "")).Events.Should().BeEmpty("a person decides now");

        run.Tell(new DecideUnknown(Happened: false, "ada"));
        run.Owes!.IdempotencyKey.Should().EndWith("/charge/2");
        run.Tell(new StepBegun("charge", 2), new StepUnknown("charge", "did it happen?"), new DecideUnknown(Happened: true, "ada"));
        Due(run).Should().Be("deploy");
        run.Tell(new DecideUnknown(true, "ada")).Answer!.Code.Should().Be("run-not-unknown");
    }

    [Fact]
    public void Does_not_ask_about_a_step_that_merely_waits()
    {
        var run = Deploying(Policy with { Steps = [new("charge", "deploy", false, StepRepeat.OnceThenAsk, TimeSpan.FromMinutes(10))] });
        run.Tell(new StepDone("release", ""), new StepBegun("charge", 1));
        run.State.Begun.Should().BeTrue();
        run.Tell(new StepMustWait("charge", "the bank", "the bank", TimeSpan.FromSeconds(5)));
        run.State.Begun.Should().BeFalse();
    }

    [Fact]
    public void That_is_cancelled_while_nobody_knows_after_the_switch_is_taken_as_done()
    {
        var run = Switched(Policy with { Steps = [new("notify", "switch", true, StepRepeat.OnceThenAsk, TimeSpan.FromMinutes(10))] });
        run.Tell(new CancelRun("why", "ada")).Answer!.Code.Should().Be("too-late");
        run.Tell(new StepUnknown("notify", "did it happen?"), new CancelRun("a rollback", "Flow"));
        Due(run).Should().Be("retire");
    }

    [Fact]
    public void Waits_at_a_gate_within_bounds_and_not_for_ever()
    {
        var run = RunOf(Plans.Deploy(Policy with { Gates = ["checks"] }, Revision(1), null));
        Wait(TimeSpan.MaxValue).Should().BeLessThanOrEqualTo(TimeSpan.FromHours(1));
        Wait(TimeSpan.FromSeconds(-5)).Should().BeGreaterThan(TimeSpan.Zero);
        var waited = TimeSpan.Zero;
        while (run.State.Status != RunStatus.Stopping && waited < TimeSpan.FromDays(8)) waited += Wait(TimeSpan.FromHours(1));
        run.State.Reason.Should().Contain("still waiting for checks");
        waited.Should().BeCloseTo(TimeSpan.FromDays(7), TimeSpan.FromHours(2));

        TimeSpan Wait(TimeSpan lookAgainIn)
        {
            if (run.Tell(new StepMustWait("gate:checks", "checks", "CI", lookAgainIn)).Messages.SingleOrDefault(m => m.Input is LookAgain) is not { } alarm) return TimeSpan.Zero;
            run.Tell((RunInput)alarm.Input);
            return alarm.After;
        }
    }

    [Fact]
    public void Gives_nothing_up_because_a_wall_clock_jumps()
    {
        var run = RunOf(Plans.Deploy(Policy with { Gates = ["checks"] }, Revision(1), null));
        run.Now += TimeSpan.FromDays(8);
        run.Tell(new StepMustWait("gate:checks", "checks", "CI", TimeSpan.FromMinutes(1)));
        run.State.Status.Should().Be(RunStatus.Waiting);
        run.State.Waited.Should().Be(TimeSpan.Zero, "no timer has rung");
        run.Tell(new LookAgain(null));
        run.State.Waited.Should().Be(TimeSpan.Zero, "a hint is no timer");
    }

    [Fact]
    public void Waits_no_longer_at_a_gate_that_is_hinted_more_often_than_its_timer_rings()
    {
        var run = RunOf(Plans.Deploy(Policy with { Gates = ["checks"] }, Revision(1), null));
        var alarms = new PriorityQueue<RunInput, TimeSpan>();
        var (now, hinted) = (TimeSpan.Zero, 0);
        while (run.State.Status != RunStatus.Stopping && now < TimeSpan.FromDays(8))
        {
            var wait = new StepMustWait("gate:checks", "checks", "CI", TimeSpan.FromHours(1));
            if (run.State.Hinted) run.Tell(wait);
            foreach (var alarm in run.Tell(wait).Messages.Where(m => m.Input is LookAgain))
                alarms.Enqueue((RunInput)alarm.Input, now + alarm.After);
            now += TimeSpan.FromMinutes(20);
            while (alarms.TryPeek(out var due, out var at) && at <= now) run.Tell((RunInput)alarms.Dequeue());
            run.Tell(new LookAgain(null));
            hinted++;
            run.State.Waited.Should().BeLessThanOrEqualTo(now);
        }
        hinted.Should().BeGreaterThan(400);
        run.State.Reason.Should().Contain("still waiting for checks");
        now.Should().BeCloseTo(TimeSpan.FromDays(7), TimeSpan.FromHours(2));
    }

    [Fact]
    public void Counts_the_timer_that_rings_while_its_gate_looks_and_looks_once_more()
    {
        var run = RunOf(Plans.Deploy(Policy with { Gates = ["checks"] }, Revision(1), null));
        run.Tell(new StepMustWait("gate:checks", "checks", "CI", TimeSpan.FromMinutes(1)));
        var alarm = new LookAgain(run.State.Parked);
        run.Tell(new LookAgain(null), alarm, alarm);
        run.State.Waited.Should().Be(TimeSpan.FromMinutes(1), "it has rung once, whatever is said twice");
        run.Tell(new StepMustWait("gate:checks", "checks", "CI", TimeSpan.FromMinutes(1))).Messages.Should().BeEmpty();
        Due(run).Should().Be("gate:checks", "that look did not know yet");
    }

    [Fact]
    public void Does_not_ask_a_gate_for_ever_that_only_throws()
    {
        var run = RunOf(Plans.Deploy(Policy with { Gates = ["checks"] }, Revision(1), null));
        run.Tell(new StepFailed("gate:checks", Passing, Unsure: true));
        run.State.Status.Should().Be(RunStatus.Waiting);
        for (var asked = 1; run.State.Status == RunStatus.Waiting; asked++)
        {
            asked.Should().BeLessThan(3_000);
            run.Tell(new LookAgain(run.State.Parked));
            run.Tell(new StepFailed("gate:checks", Passing, Unsure: true));
        }
        run.State.Status.Should().Be(RunStatus.Stopping);
    }

    [Fact]
    public void Leaves_its_build_when_it_is_cancelled_or_the_build_fails()
    {
        var cancelled = RunOf(Plans.Deploy(Policy, Revision(1), null));
        cancelled.Tell(new StepDone("fetch", "tree", new(Source: new("tree", "a change", "ada", "key"))));
        cancelled.Tell(new CancelRun("superseded", "Flow")).Said<UnwantArtifact>(BuildDecider.StreamOf("key")).Should().ContainSingle();
        var failed = RunOf(Plans.Deploy(Policy, Revision(1), null));
        failed.Tell(new StepDone("fetch", "tree", new(Source: new("tree", "a change", "ada", "key"))));
        failed.Tell(new BuildFailed("another", Final)).Events.Should().BeEmpty();
        failed.Tell(new BuildFailed("key", Final)).Said<UnwantArtifact>().Should().ContainSingle("it may have asked again meanwhile");
    }

    [Fact]
    public void Removes_its_commands_only_when_their_outcome_is_committed()
    {
        var run = RunOf(Plans.Command(Policy, Artifact(1), "echo", TimeSpan.FromMinutes(1), "ada") with { Grant = new() });
        run.Tell(new StepDone("command", "exit code 0"));
        run.State.Status.Should().Be(RunStatus.Succeeded);
        run.Owes.Should().BeOfType<TidyRun>();
        run.Tell(new RunTidied());
        run.Owes.Should().BeNull();
        run.Tell(new RunRetentionOver());
        run.Owes.Should().BeOfType<DeleteRunLogs>();
        run.Tell(new LogsDeleted()).Forgets.Should().BeTrue();
    }

    [Fact]
    public void Hears_nothing_new_in_what_it_has_heard()
    {
        var run = Deploying();
        run.Tell(new StepDone("release", ""));
        RunInput[] late =
        [
            new BeginRun(Plans.Destroy(Policy, "eve")), Granted, new SlotDelayed("busy", "somebody"), new StepBegun("release", 1), new StepDone("release", "twice"), new StepFailed("release", Final),
            new StepMustWait("fetch", "x", "y", TimeSpan.FromSeconds(1)), new StepUnknown("release", "?"), new ArtifactReady("key", Artifact(2)), new BuildFailed("key", Final), new LookAgain(1),
            new Stopped(), new StopFailed(Final), new RunRetentionOver(), new RunTidied(), new LogsDeleted(),
        ];
        foreach (var input in late) run.Tell(input).Should().Match<Flow.Engine.Decision>(d => d.Events.Count == 0 && d.Messages.Count == 0 && !d.Forgets, $"{input} is late");

        run.Tell(new CancelRun("why", "ada"), new Stopped());
        foreach (var input in late.Where(i => i is not RunRetentionOver)) run.Tell(input).Events.Should().BeEmpty("it has ended");
        run.Tell(new CancelRun("why", "ada")).Answer!.Code.Should().Be("run-ended");
    }

    [Fact]
    public void Takes_one_approval_of_each_person()
    {
        var run = RunOf(Plans.Deploy(Policy with { Gates = ["approval"] }, Revision(1), null));
        for (var i = 0; i < 5; i++) run.Tell(new ApproveRun("ada", "fine"));
        run.State.Approvals.Should().ContainSingle();
        run.Tell(new OverrideGate("nope", "ada", "because")).Answer!.Code.Should().Be("gate-unknown");
    }
}
