using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Gates;

namespace Flow.Runs;

/// <summary>The step that is due, in its present attempt.</summary>
internal sealed record ExecuteStep(RunId Run, PlannedStep Step, int Attempt) : Effect($"{Run}/{Step.Name}/{Attempt}");

/// <summary>Stop what the run started, and lead the traffic back if it was being switched.</summary>
internal sealed record StopRun(RunId Run, int Attempt) : Effect($"{Run}/stop/{Attempt}");

/// <summary>Remove what is left of its commands.</summary>
internal sealed record TidyRun(RunId Run) : Effect($"{Run}/tidy");

internal sealed record DeleteRunLogs(RunId Run) : Effect($"{Run}/delete-logs");

/// <summary>A run owes the world one thing at a time: the step that is due, or stopping what it started.</summary>
internal sealed partial class RunDecider : Decider<RunState, RunInput, RunEvent>
{
    public const string Kind = "run";
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private const int UnsureTries = 5;

    public static StreamId StreamOf(RunId run) => new(Kind, run.ToString());
    private static RunId IdOf(StreamId self) => RunId.Parse(self.Key);
    private static StreamId AppOf(StreamId self) => AppDecider.StreamOf(IdOf(self).App);

    public override RunState Initial { get; } = new();

    public override Effect? Next(StreamId self, RunState run) => run switch
    {
        { Plan: null } => null,
        { Closed: true, Untidy: true } => new TidyRun(IdOf(self)),
        { Closed: true } => run.Expired ? new DeleteRunLogs(IdOf(self)) : null,
        { Waits: not null } => null,
        { Status: RunStatus.Stopping } => new StopRun(IdOf(self), run.StopAttempt),
        { Due: { Kind: not WellKnownSteps.Build } step } => new ExecuteStep(IdOf(self), step, run.Attempt),
        _ => null,
    };

    public override Decision Decide(StreamId self, RunState run, RunInput input, DateTimeOffset now) => Reported(self, run, Decided(self, run, input, now));

    private Decision Decided(StreamId self, RunState run, RunInput input, DateTimeOffset now) => input switch
    {
        BeginRun begin when run.Plan is null => Go(self, run, Decision.Of(new RunBegun(begin.Plan, now)), now),
        RunTidied when run is { Closed: true, Untidy: true } => Decision.Of(new CommandsRemoved()),
        RunRetentionOver when run.Closed => Decision.Of(new RunExpired()),
        LogsDeleted when run.Expired => Decision.Forget(),
        _ when run.Plan is null => Decision.Refuse("run-unknown", $"There is no run {self.Key}."),
        _ when run.Closed => Decision.Refuse("run-ended", $"Run {self.Key} has ended ({run.Status}) already."),

        Stopped when run.Status == RunStatus.Stopping => Close(self, run, run.Cancelling ? RunStatus.Cancelled : RunStatus.Failed, run.Reason, now),
        StopFailed failed when run.Status == RunStatus.Stopping => Decision.Of(new StopTried(failed.Failure))
            .And(Park(self, run, $"stopping what it started failed: {failed.Failure.Message}", "Flow", BackOff(run.StopAttempt + 1), now)),
        LookAgain look when IsDue(look, run) => Look(self, run, look.Parked == run.TimerOf ? run.Timer : default),
        // It rings while the gate looks: that look does not know yet.
        LookAgain look when look.Parked == run.TimerOf && IsMeasuring(run) => Decision.Of(new RunUnparked(run.Timer), new HintNoted()),
        LookAgain { Parked: null } when run is { Waits: null, Hinted: false, Status: RunStatus.Running, Due.Kind: WellKnownSteps.Gate } => Decision.Of(new HintNoted()),
        CancelRun cancel => Cancel(self, run, cancel, now),
        _ when run.Status == RunStatus.Stopping => Decision.Nothing,

        SlotGranted granted when run.Grant is null => Go(self, run, Decision.Of(new SlotReceived(granted.Grant, now)), now),
        SlotRefused refused when run is { Grant: null, Switched: false } => Stop(refused.Reason, false, null).And(LeaveBuild(self, run)),
        SlotDelayed delayed when run is { Grant: null, Waits: not null, Due.ChangesApp: true } && run.Waits.For != delayed.Reason =>
            Decision.Of(new RunParked(run.Waits with { For = delayed.Reason, Owner = delayed.Owner, NextLook = now + AskAgain }, AskAgain)).Send(self, new LookAgain(run.Parked + 1), AskAgain),
        StepBegun begun when IsDue(run, begun.Step) && begun.Attempt == run.Attempt => Decision.Of(new StepStarted(begun.Step, begun.Attempt)),
        StepDone done when IsDue(run, done.Step) => Announce(self, run, done, Go(self, run, Decision.Of(new StepSucceeded(done.Step, done.Output, done.Facts, now)), now)),
        StepFailed failed when IsDue(run, failed.Step) => Fail(self, run, failed, now),
        StepMustWait wait when IsDue(run, wait.Step) => Wait(self, run, wait, now),
        StepUnknown unknown when IsDue(run, unknown.Step) => Decision.Of(new OutcomeUnknown(unknown.Step, new(unknown.Question, "a person with the right to operate", now, null))),
        ArtifactReady ready when IsBuilding(run, ready.BuildKey) =>
            Go(self, run, Decision.Of(new ArtifactTaken(ready.Artifact), new StepSucceeded(WellKnownSteps.Build, ready.Artifact.Digest.ToString(), null, now)), now),
        BuildFailed failed when IsBuilding(run, failed.BuildKey) => Stop($"{WellKnownSteps.Build}: {failed.Failure.Message}", false, null).And(LeaveBuild(self, run)),
        ApproveRun approve => Approve(self, run, approve, now),
        OverrideGate overriding => Override(self, run, overriding),
        DecideUnknown decided when run.Status == RunStatus.Unknown => Settle(self, run, decided, now),
        DecideUnknown => Decision.Refuse("run-not-unknown", $"Run {self.Key} has no step that nobody knows the end of."),
        _ => Decision.Nothing,                                               // twice, or too late: harmless
    };

    private static bool IsDue(RunState run, string step) => run.Due?.Name == step && run.Status != RunStatus.Unknown;
    // A hint moves gates only: the slot and the build are told, and a back-off is a back-off.
    private static bool IsDue(LookAgain look, RunState run) => run is { Waits: not null, Status: not RunStatus.Unknown }
        && (look.Parked is null ? run is { Status: RunStatus.Waiting, Due.Kind: WellKnownSteps.Gate } : look.Parked == run.Parked || (look.Parked == run.TimerOf && IsMeasuring(run)));
    private static bool IsBuilding(RunState run, string key) => run.Due?.Kind == WellKnownSteps.Build && run.Source?.BuildKey == key;

    /// <summary>After progress: closed if that was all; the build and the app's slot are asked for, everything else is an effect.</summary>
    private Decision Go(StreamId self, RunState before, Decision decided, DateTimeOffset now)
    {
        var run = After(before, decided);
        while (run.Due is { } idle && WhyIdle(run, idle) is { } why)
        {
            decided = decided.And(new StepSucceeded(idle.Name, why, null, now));
            run = After(before, decided);
        }
        if (run.Due is not { } due) return decided.And(Close(self, run, RunStatus.Succeeded, null, now));
        if (due.ChangesApp && run.Grant is null)
            return decided.And(Park(self, run, "the app's slot", "the app", AskAgain, now)).Send(AppOf(self), new RequestSlot(IdOf(self), run.Artifact, run.Source));
        if (due.Kind == WellKnownSteps.Build)
            return decided.And(Park(self, run, "the build", "the builder", AskAgain, now)).Send(BuildDecider.StreamOf(run.Source!.BuildKey), WantArtifact(self, run));
        return decided;
    }

    /// <summary>A step that has nothing to do costs no turn of its own.</summary>
    private static string? WhyIdle(RunState run, PlannedStep step) => run.Grant is not { } grant || step.Kind == Plans.HostKind ? null : step.Kind switch
    {
        WellKnownSteps.Provision when grant.Ledger.All(r => r.Kind != ResourceKind.AddOn) => "no add-ons",
        WellKnownSteps.Release when run.Artifact is { } artifact && !artifact.ProcessTypes.ContainsKey(ProcessTypes.Release) => "no release command",
        WellKnownSteps.PostDeploy or WellKnownSteps.DeployHook when run.ScriptsUnwanted => "the app goes",
        WellKnownSteps.PostDeploy when grant.SetUp => "it has run in this app already",
        WellKnownSteps.PostDeploy or WellKnownSteps.DeployHook or WellKnownSteps.Predestroy when run.Artifact is null || grant.Manifest?.Scripts.Of(step.Kind) is null => "no such script",
        _ => null,
    };

    /// <summary>The app may refuse what the code asks for before anything is built.</summary>
    private static Decision Announce(StreamId self, RunState run, StepDone done, Decision decided) =>
        run.Due!.Kind == WellKnownSteps.Fetch && done.Facts?.Source is { } source && (source.Needs is not null || source.Watched is not null)
            ? decided.Send(AppOf(self), new CheckManifest(IdOf(self), source)) : decided;

    private static WantArtifact WantArtifact(StreamId self, RunState run) => new(IdOf(self), new()
    {
        Pipeline = run.Plan!.Policy.Pipeline,
        Repository = run.Plan.Policy.Repository with { RootFolder = run.Source!.RootFolder },
        Source = run.Plan.Policy.Source,
        Builder = run.Plan.Policy.Builder,
        Revision = run.Plan.Revision!,
        Buildpacks = run.Source.Needs?.Manifest.Buildpacks ?? [],
        Stack = run.Source.Needs?.Manifest.Stack,
        Timeout = run.Plan.Policy.BuildTimeout,
    });

    /// <summary>Asks again for what is given by others (a lost answer costs a minute), or executes the step again.</summary>
    private static Decision Look(StreamId self, RunState run, TimeSpan waited) => run switch
    {
        { Status: not RunStatus.Stopping, Due: { ChangesApp: true }, Grant: null } => Rearm(self, run).Send(AppOf(self), new RequestSlot(IdOf(self), run.Artifact, run.Source)),
        { Status: not RunStatus.Stopping, Due.Kind: WellKnownSteps.Build } => Rearm(self, run).Send(BuildDecider.StreamOf(run.Source!.BuildKey), WantArtifact(self, run)),
        _ => Decision.Of(new RunUnparked(waited)),
    };

    private static Decision Rearm(StreamId self, RunState run) => Decision.Nothing.Send(self, new LookAgain(run.Parked), AskAgain);

    private static Decision Park(StreamId self, RunState run, string reason, string owner, TimeSpan after, DateTimeOffset now) =>
        Decision.Of(new RunParked(new(reason, owner, now, now + after), after)).Send(self, new LookAgain(run.Parked + 1), after);

    private Decision Wait(StreamId self, RunState run, StepMustWait wait, DateTimeOffset now) =>
        run.Hinted ? Decision.Of(new HintTaken())
        // By the timers that have rung, not by the wall clock: an hour that somebody corrects is no hour of waiting.
        : run.Waited >= run.Due!.Timeout
            ? GiveUp(self, run, $"still waiting for {wait.For} after {run.Due.Timeout.TotalHours:0.#} h", now)
            : Park(self, run, wait.For, wait.Owner, wait.LookAgainIn < ShortestWait ? ShortestWait : wait.LookAgainIn > LongestWait ? LongestWait : wait.LookAgainIn, now);

    private Decision Fail(StreamId self, RunState run, StepFailed failed, DateTimeOffset now)
    {
        var (due, failure) = (run.Due!, failed.Failure);
        var tried = run.Tries + 1;
        var again = Decision.Of(new AttemptFailed(due.Name, run.Attempt, failure, failed.Unsure))
            .And(Park(self, run, $"{failure.Message} Next attempt ({tried + 1}).", "Flow", BackOff(tried), now));
        // What must be cleaned up is cleaned up, whatever fails on the way.
        if (due.Kind is WellKnownSteps.Retire or WellKnownSteps.Teardown) return again;
        var patient = due.Attempts == 0 ? run.Waited < due.Timeout : tried < Math.Max(due.Attempts, failed.Unsure ? UnsureTries : 0);
        return failure.Transient && patient ? again : GiveUp(self, run, failure.Message, now, failed.Unsure);
    }

    /// <summary>Before the switch the run fails. After it the new processes serve: there is no way back, and no step may end the run half-way. Nor does a script keep an app alive.</summary>
    private Decision GiveUp(StreamId self, RunState run, string reason, DateTimeOffset now, bool unsure = false) => run.Switched || run.Due!.Kind == WellKnownSteps.Predestroy
        ? Go(self, run, Decision.Of(new StepGivenUp(run.Due!.Name, reason, unsure, now)), now)
        : Stop($"{run.Due!.Name}: {reason}", false, null);

    private static TimeSpan BackOff(int attempt) =>
        TimeSpan.FromSeconds(Math.Min(LongestBackOff.TotalSeconds, Math.Pow(2, Math.Min(attempt, 20))));

    /// <summary>Failing cleans up too: what was started is stopped before the run ends.</summary>
    private static Decision Stop(string reason, bool cancelled, string? by) => Decision.Of(new RunStopping(reason, cancelled, by));

    private Decision Cancel(StreamId self, RunState run, CancelRun cancel, DateTimeOffset now) => run switch
    {
        { Status: RunStatus.Stopping } => Decision.Nothing.Reply(Answer.Ok(IdOf(self), "It is stopping already.")),
        // Nobody has said whether it happened, and whoever wants the app next need not wait for that: taken as done.
        { Switched: true, Status: RunStatus.Unknown } => Settle(self, run, new(true, cancel.By), now),
        { Switched: true, Due.Kind: WellKnownSteps.PostDeploy or WellKnownSteps.DeployHook } when cancel.Gone => PassScripts(self, run, cancel, now),
        { Switched: true } when cancel.Gone => Decision.Of(new ScriptsUnwanted(cancel.Reason)).Reply(Answer.Ok(IdOf(self))),
        { Switched: true } => Decision.Refuse("too-late", "The traffic has been led to the new processes already. Roll back instead."),
        { Plan.Kind: RunKind.Destroy } => Decision.Refuse("not-cancellable", "A teardown goes on until nothing is left."),
        _ => Stop(cancel.Reason, true, cancel.By).And(LeaveBuild(self, run)).Reply(Answer.Ok(IdOf(self))),
    };

    /// <summary>The run ends as it is, and what it started is stopped with that.</summary>
    private Decision PassScripts(StreamId self, RunState run, CancelRun cancel, DateTimeOffset now)
    {
        var passed = Decision.Nothing;
        while (After(run, passed).Due is { Kind: WellKnownSteps.PostDeploy or WellKnownSteps.DeployHook } script)
            passed = passed.And(new StepGivenUp(script.Name, cancel.Reason, Unsure: true, now));
        return Go(self, run, passed, now).Reply(Answer.Ok(IdOf(self)));
    }

    private static Decision LeaveBuild(StreamId self, RunState run) => run.Due?.Kind == WellKnownSteps.Build
        ? Decision.Nothing.Send(BuildDecider.StreamOf(run.Source!.BuildKey), new UnwantArtifact(IdOf(self)))
        : Decision.Nothing;

    private static Decision Approve(StreamId self, RunState run, ApproveRun approve, DateTimeOffset now) => run.Approvals.Any(a => a.By == approve.By)
        ? Decision.Nothing.Reply(Answer.Ok(IdOf(self), "Approved already."))
        : Unpark(run, Decision.Of(new RunApproved(new(approve.By, now, approve.Comment)))).Reply(Answer.Ok(IdOf(self)));

    private static Decision Override(StreamId self, RunState run, OverrideGate overriding)
    {
        var step = $"{WellKnownSteps.Gate}:{overriding.Gate}";
        if (run.Plan!.Steps.All(s => s.Name != step)) return Decision.Refuse("gate-unknown", $"Run {self.Key} has no gate '{overriding.Gate}'.");
        return Unpark(run, Decision.Of(new GateOverridden(step, overriding.By, overriding.Reason))).Reply(Answer.Ok(IdOf(self)));
    }

    private static Decision Unpark(RunState run, Decision decided) =>
        run.Waits is not null && run.Due?.Kind == WellKnownSteps.Gate ? decided.And(new RunUnparked()) : decided;

    private Decision Settle(StreamId self, RunState run, DecideUnknown decided, DateTimeOffset now)
    {
        var settled = Decision.Of(new UnknownDecided(decided.Happened, decided.By));
        return (decided.Happened ? Go(self, run, settled.And(new StepSucceeded(run.Due!.Name, $"taken as done by {decided.By}", null, now)), now) : settled).Reply(Answer.Ok(IdOf(self)));
    }

    private static Decision Close(StreamId self, RunState run, RunStatus outcome, string? reason, DateTimeOffset now) =>
        Decision.Of(new RunClosed(outcome, reason, now))
            .Send(AppOf(self), new RunEnded(IdOf(self), outcome, reason, run.Endpoints, GivenUp(run), IsSetUp(run)))
            .Send(self, new RunRetentionOver(), run.Plan!.Policy.Retention);

    private static IReadOnlyList<DoneStep>? GivenUp(RunState run) => run.Done.Any(d => d.Failed) ? [.. run.Done.Where(d => d.Failed)] : null;

    /// <summary>Also when nobody knows whether it has: never twice.</summary>
    private static bool IsSetUp(RunState run) => run is { ScriptsUnwanted: false } and { Grant: { SetUp: false, Manifest.Scripts.PostDeploy: not null } } && run.Find(WellKnownSteps.PostDeploy) is { Failed: false } or { Unsure: true };
}
