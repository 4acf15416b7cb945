using Flow.Apps;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Testing.Simulation.Planting;

/// <summary>What a run does, in which order, and what it makes of how that ended.</summary>
internal sealed partial class PlantedFault
{
    public static readonly PlantedFault SlotFreedEarly = new("slot-freed-early", "A run that is told to stop gives the slot back before its work has stopped.", "The rollback starts beside the migration that it should have waited for.")
    {
        Run = new()
        {
            Decides = (self, _, _, decision) => decision.Events.OfType<RunStopping>().FirstOrDefault() is { } stopping && RunId.Parse(self.Key) is var run
                ? decision.Send(AppDecider.StreamOf(run.App), new RunEnded(run, RunStatus.Cancelled, stopping.Reason, [])) : decision,
        },
    };

    public static readonly PlantedFault CancelUnheard = new("cancel-unheard", "Whoever is at work does not hear that it is to stop.", "A deploy that hangs cannot be cancelled, and the rollback waits behind it.")
    {
        Run = new() { Hears = (run, input) => input is CancelRun && run is { Status: RunStatus.Running, Waits: null } ? (run, new LookAgain(-1)) : (run, input) },
    };

    public static readonly PlantedFault StopsNothing = new("stops-nothing", "A run that stops says so and stops nothing.", "Cancelled deploys go on running beside the release that serves.")
    {
        Run = new() { Pretends = (_, effect) => effect is StopRun ? new Stopped() : null },
    };

    public static readonly PlantedFault ReleaseExitIgnored = new("release-exit-ignored", "The exit code of a release phase is ignored.", "Code serves on a database whose migration failed.")
    {
        Run = new()
        {
            Reports = (_, effect, result) => effect is ExecuteStep { Step.Kind: WellKnownSteps.Release } && result is StepFailed { Failure.Code: "command-failed" } failed ? new StepDone(failed.Step, "done") : result,
        },
    };

    public static readonly PlantedFault ReleaseAfterSwitch = new("release-after-switch", "The release phase runs when the traffic has been led over already.", "For a minute new code serves on the old schema.")
    {
        Run = new() { Hears = (run, input) => (run, input is BeginRun begin ? begin with { Plan = Moved(begin.Plan, WellKnownSteps.Release, WellKnownSteps.Switch, after: true) } : input) },
    };

    public static readonly PlantedFault RetiredBeforeSwitch = new("retired-before-switch", "The old processes are stopped before the traffic is led to the new ones.", "Every deploy is an outage.")
    {
        Run = new() { Hears = (run, input) => (run, input is BeginRun begin ? begin with { Plan = Moved(begin.Plan, WellKnownSteps.Retire, WellKnownSteps.Switch, after: false) } : input) },
    };

    public static readonly PlantedFault UnknownRepeated = new("unknown-repeated", "What was interrupted is done once more, also what must not be repeated by itself.", "A crash in the middle of a migration runs it twice, and nobody is asked.")
    {
        Run = new() { Reports = (_, _, result) => result is StepUnknown unknown ? new StepFailed(unknown.Step, new("interrupted", unknown.Question, Transient: true)) : result },
    };

    public static readonly PlantedFault RetireGivesUp = new("retire-gives-up", "Old processes that cannot be stopped are left alone.", "After a hiccup of the runtime two versions run, and the old workers eat the queue.")
    {
        Run = new() { Reports = (_, effect, result) => GivesUp(effect, result, WellKnownSteps.Retire) },
    };

    public static readonly PlantedFault TeardownGivesUp = new("teardown-gives-up", "What cannot be removed at once counts as removed.", "Databases and processes of closed review apps stay for ever.")
    {
        Run = new() { Reports = (_, effect, result) => GivesUp(effect, result, WellKnownSteps.Teardown) },
    };

    public static readonly PlantedFault TrustLost = new("trust-lost", "The artifact of code that nobody vouches for counts as trusted.", "A stranger's pull request reads the credentials of the review database.")
    {
        Run = new() { Hears = (run, input) => (run, input is ArtifactReady ready ? ready with { Artifact = ready.Artifact with { Trust = Trust.Trusted } } : input) },
    };

    private static Engine.Input GivesUp(Engine.Effect effect, Engine.Input result, string kind) =>
        effect is ExecuteStep execute && execute.Step.Kind == kind && result is StepFailed failed ? new StepDone(failed.Step, "done") : result;

    private static Plan Moved(Plan plan, string kind, string anchor, bool after)
    {
        if (plan.Steps.FirstOrDefault(s => s.Kind == kind) is not { } moved || plan.Steps.All(s => s.Kind != anchor)) return plan;
        List<PlannedStep> steps = [.. plan.Steps.Where(s => s != moved)];
        steps.Insert(steps.FindIndex(s => s.Kind == anchor) + (after ? 1 : 0), moved);
        return plan with { Steps = steps };
    }
}
