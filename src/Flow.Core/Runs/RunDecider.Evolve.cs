using System.Collections.Immutable;

namespace Flow.Runs;

internal sealed partial class RunDecider
{
    public override RunState Evolve(RunState run, RunEvent happened) => happened switch
    {
        RunBegun begun => run with { Plan = begun.Plan, Status = RunStatus.Running, Artifact = begun.Plan.Artifact, Grant = begun.Plan.Grant, BegunAt = begun.At, StepSince = begun.At },
        StepStarted => run with { Begun = true },
        StepSucceeded done => Pass(run, new(done.Step, done.Output, run.Attempt, run.StepSince, done.At)) with { Source = done.Facts?.Source ?? run.Source, Endpoints = done.Facts?.Endpoints ?? run.Endpoints },
        StepGivenUp given => Pass(run, new(given.Step, given.Reason, run.Attempt, run.StepSince, given.At, Failed: true, given.Unsure)),
        ScriptsUnwanted => run with { ScriptsUnwanted = true },
        AttemptFailed failed => run with { Attempt = failed.Unsure ? run.Attempt : run.Attempt + 1, Tries = run.Tries + 1 },
        RunParked parked => run with
        {
            Waits = parked.Reason with { Since = run.Waits?.Since ?? parked.Reason.Since },
            Parked = run.Parked + 1,
            // One timer measures at a time: at a gate, the one that runs since before a hint goes on.
            Timer = IsMeasuring(run) ? run.Timer : parked.After,
            TimerOf = IsMeasuring(run) ? run.TimerOf : run.Parked + 1,
            // Whoever says "wait" or "failed" has not done it.
            Begun = false,
            Status = run.Status == RunStatus.Stopping ? RunStatus.Stopping : RunStatus.Waiting,
        },
        RunUnparked unparked => run with { Waits = null, Waited = run.Waited + unparked.Waited, TimerOf = unparked.Waited > TimeSpan.Zero ? 0 : run.TimerOf, Status = run.Status == RunStatus.Stopping ? RunStatus.Stopping : RunStatus.Running },
        HintNoted => run with { Hinted = true },
        HintTaken => run with { Hinted = false },
        SlotReceived slot => run with { Grant = slot.Grant, Artifact = slot.Grant.Artifact ?? run.Artifact, Waits = null, Waited = default, TimerOf = 0, StepSince = slot.At, Status = RunStatus.Running },
        ArtifactTaken taken => run with { Artifact = taken.Artifact },
        RunApproved approved => run with { Approvals = [.. run.Approvals, approved.Approval], Hinted = run.Waits is null },
        GateOverridden gate => run with
        {
            Overrides = run.Overrides.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItem(gate.Gate, $"{gate.By}: {gate.Reason}"),
            Hinted = run.Waits is null,
        },
        OutcomeUnknown unknown => run with { Status = RunStatus.Unknown, Waits = unknown.Question },
        UnknownDecided decided => run with { Status = RunStatus.Running, Waits = null, Begun = false, Attempt = decided.Happened ? run.Attempt : run.Attempt + 1 },
        RunStopping stopping => run with { Status = RunStatus.Stopping, Reason = stopping.Reason, Cancelling = stopping.Cancelled, Waits = null },
        StopTried => run with { StopAttempt = run.StopAttempt + 1 },
        RunClosed closed => run with { Status = closed.Outcome, Reason = closed.Reason, Waits = null, EndedAt = closed.At, Untidy = closed.Outcome == RunStatus.Succeeded && HasCommands(run) },
        CommandsRemoved => run with { Untidy = false },
        RunExpired => run with { Expired = true },
        _ => throw new InvalidOperationException($"A run knows no {happened.GetType().Name}."),
    };

    private static RunState Pass(RunState run, DoneStep done) => run with
    {
        Done = [.. run.Done, done],
        Status = RunStatus.Running,
        Waits = null,
        Attempt = 1,
        Tries = 0,
        Begun = false,
        Hinted = false,
        StepSince = done.At,
        Waited = default,
        TimerOf = 0,
    };

    private static bool IsMeasuring(RunState run) => run is { TimerOf: not 0, Due.Kind: WellKnownSteps.Gate, Status: RunStatus.Waiting or RunStatus.Running };

    private static bool HasCommands(RunState run) => run.Plan!.Steps.Any(s => s.Kind == WellKnownSteps.Release
        ? run.Artifact?.ProcessTypes.ContainsKey(Apps.ProcessTypes.Release) == true
        : s.Kind == WellKnownSteps.Command || (Plans.RunsCommand(s) && run.Grant?.Manifest?.Scripts.Of(s.Kind) is not null));
}
