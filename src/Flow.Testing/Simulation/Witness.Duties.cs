using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Gates;
using Flow.Pipelines;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Testing.Simulation;

/// <summary>What must have come before what: each rule by its own memory, whatever the engine's state says.</summary>
internal sealed partial class Witness
{
    private static readonly string[] Order =
        [WellKnownSteps.Gate, WellKnownSteps.Fetch, WellKnownSteps.Build, WellKnownSteps.Provision, WellKnownSteps.Release, WellKnownSteps.Deploy, WellKnownSteps.Switch, WellKnownSteps.Retire];

    private readonly HashSet<AppName> rolledBack = [];
    private readonly Dictionary<(AppName From, string Promotion), ArtifactDigest> promoted = [];
    private readonly HashSet<(AppName To, int Generation, AppName From, string Promotion)> received = [];
    private readonly HashSet<CommitSha> onceGood = [];
    private readonly Dictionary<RunId, (string Step, TimeSpan Since)> gates = [];
    private readonly Dictionary<RunId, int> repeatedByHand = [];
    private readonly Dictionary<(RunId Run, string Step), int> hostSteps = [];
    private readonly HashSet<RunId> takenAsDone = [];
    private (StreamId Stream, long Version, int Closings) closing;

    private void CheckDuties(AppName name, AppState app, AppEvent happened)
    {
        switch (happened)
        {
            case RunPlanned { Run.Kind: RunKind.Rollback }:
                rolledBack.Add(name);
                break;
            case Resumed or AppDestroying:
                rolledBack.Remove(name);
                break;
            case SlotGiven given when rolledBack.Contains(name) && app.Candidates.Any(c => c.Run == given.Run && c.Automatic):
                world.Violate(FlowInvariants.Hold, $"{given.Run} is deployed automatically, and nobody has resumed since {name} was rolled back");
                break;
            case PromotionBegun begun:
                promoted[(name, begun.Promotion.Id)] = begun.Promotion.Artifact;
                break;
            case RunPlanned { Run: { Origin: { } origin } run } when !received.Add((name, app.Generation, origin.From, origin.Promotion)):
                world.Violate(FlowInvariants.SameArtifact, $"{run.Run} is the second run of {name} for promotion {origin.Promotion} of {origin.From}");
                break;
            case ReleaseCreated { Release: { Origin: { } origin } release } when promoted.GetValueOrDefault((origin.From, origin.Promotion)) != release.Artifact.Digest:
                world.Violate(FlowInvariants.SameArtifact, $"v{release.Number} of {name} is another artifact than v{origin.Release} of {origin.From}, whose promotion it is");
                break;
            case ReleaseSucceeded succeeded:
                CheckServes(name, app.FindRelease(succeeded.Number)!);
                break;
        }
    }

    /// <summary>What never answered, or whose release phase failed, serves nobody: unless a person said of it that it is done.</summary>
    private void CheckServes(AppName name, Releases.Release release)
    {
        if (outside.Failed.Contains(release.Deployment.ToString())) world.Violate(FlowInvariants.StepOrder, $"v{release.Number} of {name} serves, and {release.Deployment} never answered");
        if (!takenAsDone.Contains(release.Run) && outside.Failed.Any(f => f.StartsWith($"{release.Run}.{WellKnownSteps.Release}.", StringComparison.Ordinal)))
            world.Violate(FlowInvariants.StepOrder, $"v{release.Number} of {name} serves, and its release phase failed");
    }

    private void CheckDuties(RunId name, RunState run, RunEvent happened)
    {
        switch (happened)
        {
            case RunBegun { Plan.Revision: { Trust: not Trust.Trusted and var trust, Sha: var sha } } when trust == Trust.Untrusted || !outside.Approved.Contains(sha):
                world.Violate(FlowInvariants.Approval, $"{name} begins for {sha.Short}, which nobody vouches for and nobody has approved");
                break;
            case ArtifactTaken { Artifact.Trust: Trust.Trusted } when run.Plan?.Revision is { Trust: not Trust.Trusted }:
                world.Violate(FlowInvariants.Trust, $"{name} takes the artifact of code that nobody vouches for as trusted");
                break;
            case UnknownDecided { Happened: true }:
                takenAsDone.Add(name);
                break;
            case UnknownDecided:
                repeatedByHand[name] = repeatedByHand.GetValueOrDefault(name) + 1;
                break;
            case StepSucceeded step when run.Due is { } due && due.Name == step.Step:
                CheckOrder(name, run, due);
                if (due.Kind == WellKnownSteps.Gate && !run.Overrides.ContainsKey(due.Name)) CheckGate(name, run, due);
                break;
            case RunClosed:
                CheckOnce(name, run);
                break;
        }
        if (runs.Evolve(run, happened).Due is { Kind: WellKnownSteps.Gate } next && gates.GetValueOrDefault(name).Step != next.Name) gates[name] = (next.Name, world.Time.Elapsed);
    }

    private void CheckOrder(RunId name, RunState run, PlannedStep due)
    {
        var at = Array.IndexOf(Order, due.Kind);
        if (at >= 0 && run.Plan!.Steps.Take(run.Done.Count).LastOrDefault(s => Array.IndexOf(Order, s.Kind) > at) is { } late) world.Violate(FlowInvariants.StepOrder, $"{name} did {due.Name} after {late.Name}");
    }

    private void CheckGate(RunId name, RunState run, PlannedStep gate)
    {
        if (gate.Name.EndsWith(ApprovalGate.Name, StringComparison.Ordinal) && run.Approvals.Count == 0) world.Violate(FlowInvariants.Gates, $"{name} passed {gate.Name}, and nobody has approved it");
        if (!gate.Name.EndsWith(ChecksGate.Name, StringComparison.Ordinal) || run.Plan?.Revision is not { } revision || onceGood.Contains(revision.Sha)) return;
        // What is committed was decided at most a lease ago.
        if (world.Time.Elapsed - gates[name].Since < ChecksGate.Grace - StreamPump.Lease) world.Violate(FlowInvariants.Gates, $"{name} passed {gate.Name}, and the checks of {revision.Sha.Short} have never been good");
    }

    /// <summary>What must not be repeated by itself was started once, and once more each time that a person said so.</summary>
    private void CheckOnce(RunId name, RunState run)
    {
        foreach (var step in run.Plan!.Steps.Where(s => s.Repeat == StepRepeat.OnceThenAsk && s.Kind is WellKnownSteps.Release or WellKnownSteps.Command))
        {
            var starts = outside.CommandStarts.Where(c => c.Key.StartsWith($"{name}.{step.Name}.", StringComparison.Ordinal)).Sum(c => c.Value);
            CheckOnce(name, step.Name, starts);
        }
    }

    private void CheckOnce(RunId name, string step, int times)
    {
        if (times > 1 + repeatedByHand.GetValueOrDefault(name)) world.Violate(FlowInvariants.OneEffect, $"{name} did {step} {times} times, and nobody said that it should");
    }

    /// <summary>A step of the host's own has had its effect, whether anybody hears of it or not.</summary>
    public void HostStepIsDone(RunId name, string step)
    {
        var times = hostSteps[(name, step)] = hostSteps.GetValueOrDefault((name, step)) + 1;
        if (Runs[name.ToString()].Plan!.Steps.Any(s => s.Name == step && s.Repeat == StepRepeat.OnceThenAsk)) CheckOnce(name, step, times);
    }

    private void CheckDuties(StreamId stream, PipelineState pipeline, PipelineEvent happened, long version)
    {
        switch (happened)
        {
            case CheckReported report:
                if (pipelines.Evolve(pipeline, report).ChecksOf(report.Commit).All(c => c.State == CheckState.Success)) onceGood.Add(report.Commit);
                break;
            case ProposalClosed gone when gone.Evidence.StartsWith("missing", StringComparison.Ordinal) && !pipeline.ConfirmedClosings.Contains(gone.Key):
                closing = closing.Stream == stream && closing.Version == version ? closing with { Closings = closing.Closings + 1 } : (stream, version, 1);
                if (closing.Closings > pipeline.Declared!.Definition.MaxClosingsAtOnce) world.Violate(FlowInvariants.NoWrongDeletion, $"{closing.Closings} proposals of {stream.Key} vanished at once and were taken for closed, and nobody confirmed it");
                break;
        }
    }
}
