using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Reporting;
using Flow.Runs;
using Flow.Sources;
using Flow.Storage;

namespace Flow.Testing.Simulation;

/// <summary>Hears every event when it is committed, knows what must never be, and counts what is rare.</summary>
internal sealed partial class Witness(World world, Outside outside)
{
    private readonly AppDecider apps = new();
    private readonly RunDecider runs = new();
    private readonly BuildDecider builds = new();
    private readonly PipelineDecider pipelines = new();
    private readonly Dictionary<string, int> closings = [];
    private readonly HashSet<RunId> closed = [];
    private readonly HashSet<string> done = [];
    private readonly HashSet<string> released = [];
    private readonly Dictionary<AppName, long> newestReleased = [];
    private readonly Dictionary<StreamId, int> unreadable = [];
    private readonly Dictionary<RunId, TimeSpan> stepSince = [];

    /// <summary>State of every stream as the fold of its events: what was acknowledged must be in what is stored.</summary>
    public SortedDictionary<string, AppState> Apps { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, RunState> Runs { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, BuildState> Builds { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, PipelineState> Pipelines { get; } = new(StringComparer.Ordinal);

    /// <summary>Apps that a person wanted gone.</summary>
    public HashSet<AppName> UnwantedByHand { get; } = [];

    /// <summary>Inputs that nobody can read and that have not been rejected yet.</summary>
    public int Unreadable => unreadable.Values.Sum();

    /// <summary>Somebody must say something: approve, decide, confirm.</summary>
    public Action<StreamId, Input>? Asks { get; set; }

    /// <summary>An app and its proposal are about to go.</summary>
    public Action<AppName, string?>? Destroying { get; set; }

    /// <summary>A run is about to start processes, or to lead the traffic to them.</summary>
    public Action<RunId>? Deploying { get; set; }

    /// <summary>A run is about to make add-ons, or to run postdeploy.</summary>
    public Action<RunId>? SettingUp { get; set; }

    public void ExpectUnreadable(StreamId stream) => unreadable[stream] = unreadable.GetValueOrDefault(stream) + 1;

    public void Hear(StoredEvent stored)
    {
        if (stored.Type.StartsWith("engine.", StringComparison.Ordinal)) HearRejected(stored);
        else if (stored.Stream.Kind == AppDecider.Kind) Hear(AppName.Parse(stored.Stream.Key), Read(stored, FlowJson.Default.AppEvent));
        else if (stored.Stream.Kind == RunDecider.Kind) Hear(RunId.Parse(stored.Stream.Key), Read(stored, FlowJson.Default.RunEvent));
        else if (stored.Stream.Kind == BuildDecider.Kind) Hear(stored.Stream.Key, Read(stored, FlowJson.Default.BuildEvent));
        else if (stored.Stream.Kind == PipelineDecider.Kind) Hear(stored.Stream, Read(stored, FlowJson.Default.PipelineEvent), stored.Version);
        else if (stored.Stream.Kind == ReportDecider.Kind && Read(stored, FlowJson.Default.ReportEvent) is TellingFailed) world.Count(FlowSituations.ReporterFailed);
    }

    private T Read<T>(StoredEvent stored, JsonTypeInfo<T> type) => world.Shorthand is { } shorthand ? (T)shorthand.Read(stored.Json) : JsonSerializer.Deserialize(stored.Json.Span, type)!;

    private void HearRejected(StoredEvent stored)
    {
        var rejected = JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.InputRejected)!;
        var expected = unreadable.GetValueOrDefault(stored.Stream);
        if (expected == 0 || !rejected.Error.StartsWith("Json", StringComparison.Ordinal)) world.Violate(FlowInvariants.Soundness, $"{stored.Stream} rejected an input: {rejected.Error}, {rejected.Message}");
        unreadable[stored.Stream] = expected - 1;
        world.Count(FlowSituations.InputRejected);
    }

    private void Hear(AppName name, AppEvent happened)
    {
        var app = Apps.GetValueOrDefault(name.ToString(), apps.Initial);
        Check(name, app, happened);
        CheckDuties(name, app, happened);
        CheckManifest(name, app, happened);
        CheckReviewApp(name, app, happened);
        Apps[name.ToString()] = apps.Evolve(app, happened);
        if (happened is AppCreated) CheckRoom();
    }

    private void Check(AppName name, AppState app, AppEvent happened)
    {
        switch (happened)
        {
            case SlotGiven given:
                if (app.Slot is { } busy) world.Violate(FlowInvariants.OneChange, $"{given.Run} and {busy} change {name} at once");
                if (app.Hold is not null && app.Candidates.Any(c => c.Run == given.Run && c.Automatic)) world.Violate(FlowInvariants.Hold, $"{given.Run} is deployed automatically although {name} is on hold");
                break;
            case CandidateEnded ended:
                if (app.Candidates.All(c => c.Run != ended.Run)) world.Violate(FlowInvariants.OneEffect, $"{ended.Run} ended twice");
                if (!closed.Contains(ended.Run)) world.Violate(FlowInvariants.OneChange, $"{name} took {ended.Run} for ended, and it goes on");
                if (app.Slot == ended.Run && ended.Outcome != RunStatus.Succeeded && Runs[ended.Run.ToString()] is { Grant.Deployment: { } started, Plan.Kind: not RunKind.Scale } && outside.Running.ContainsKey(started))
                    world.Violate(FlowInvariants.OneChange, $"{ended.Run} ended without success, and {started} still runs");
                break;
            case CandidateLeaving leaving:
                Count(app, leaving);
                break;
            case RunPlanned { Run.Kind: RunKind.Config or RunKind.Scale } planned when app.Slot is { } slot && app.Candidates.Any(c => c.Run == slot && c.Kind == RunKind.Deploy):
                world.Count(planned.Run.Kind == RunKind.Config ? FlowSituations.ConfigDuringDeploy : FlowSituations.ScaleDuringDeploy);
                break;
            case ReleaseCreated created:
                if (!released.Add($"{name}.{app.Generation}/v{created.Release.Number}") || !released.Add($"{created.Release.Run}"))
                    world.Violate(FlowInvariants.OneEffect, $"{created.Release.Run} made v{created.Release.Number} of {name}, and one of them was there already");
                break;
            case ReleaseSucceeded succeeded:
                Check(name, app, app.FindRelease(succeeded.Number)!);
                break;
            case AppDestroying gone:
                if (gone.By == "Flow" ? app.Policy?.Proposal is not { } key || !MayGo(name, key) : !UnwantedByHand.Contains(name))
                    world.Violate(FlowInvariants.NoWrongDeletion, $"{name} is torn down ({gone.Evidence}), and nobody wants that");
                Destroying?.Invoke(name, app.Policy?.Proposal);
                break;
            case AppDestroyed:
                CheckGone(name, app.Generation);
                if (app.Rebirth is not null) world.Count(FlowSituations.Reborn);
                newestReleased.Remove(name);
                break;
            case AppRebirthPlanned { Rebirth: not null } when app.Rebirth is null:
                world.Count(FlowSituations.ReopenedInTeardown);
                break;
            case PromotionBegun { Promotion.Targets.Count: > 1 }:
                world.Count(FlowSituations.PromotionToSeveral);
                break;
            case RequestRefused refused:
                world.Count(refused.Refusal.What.StartsWith("find ", StringComparison.Ordinal) ? FlowSituations.StartedAgain : FlowSituations.Refused);
                break;
        }
    }

    private void Count(AppState app, CandidateLeaving leaving)
    {
        var (reason, changing) = (leaving.Reason, app.Slot == leaving.Run);
        if (reason.Contains("superseded", StringComparison.Ordinal))
        {
            world.Count(FlowSituations.Superseded);
            if (Runs.GetValueOrDefault(leaving.Run.ToString()) is { Due.Kind: WellKnownSteps.Gate, Waits: not null }) world.Count(FlowSituations.SupersededAtGate);
        }
        else if (changing && reason.Contains("rollback", StringComparison.Ordinal)) world.Count(FlowSituations.RollbackDuringDeploy);
        else if (changing && reason.Contains("destroyed", StringComparison.Ordinal)) world.Count(FlowSituations.DestroyDuringDeploy);
    }

    private void Check(AppName name, AppState app, Release release)
    {
        if (release.Kind == RunKind.Rollback) world.Count(FlowSituations.RolledBack);
        if (release.Kind == RunKind.Promotion) world.Count(FlowSituations.Promoted);
        if (release.Kind == RunKind.Config && app.CurrentRelease?.Artifact.Digest != release.Artifact.Digest)
            world.Violate(FlowInvariants.NoOlderHead, $"v{release.Number} of {name} was to change config, and changed the code from {app.CurrentRelease?.Artifact.Provenance.Commit.Short} to {release.Artifact.Provenance.Commit.Short}");
        if (release.Kind != RunKind.Deploy) return;
        var order = app.Candidates.FirstOrDefault(c => c.Run == release.Run)?.Order ?? app.NewestGiven;
        if (order < newestReleased.GetValueOrDefault(name)) world.Violate(FlowInvariants.NoOlderHead, $"{name}: head {order} was released after head {newestReleased[name]}");
        newestReleased[name] = Math.Max(order, newestReleased.GetValueOrDefault(name));
    }

    private void CheckGone(AppName name, int generation)
    {
        if (outside.Running.Keys.FirstOrDefault(d => d.App == name && d.Generation == generation) is { Number: > 0 } left) world.Violate(FlowInvariants.NoLeak, $"{name} is destroyed, and {left} still runs");
        if (outside.AddOns.Keys.FirstOrDefault(a => a.StartsWith($"{name}.{generation}.", StringComparison.Ordinal)) is { } kept) world.Violate(FlowInvariants.NoLeak, $"{name} is destroyed, and {kept} is still there");
        if (outside.Routes.Routes.TryGetValue(name, out var route) && route.Deployment.Generation <= generation) world.Violate(FlowInvariants.NoLeak, $"{name} is destroyed, and {route.Deployment} still has its route");
    }

    private void Hear(RunId run, RunEvent happened)
    {
        var key = run.ToString();
        var state = Runs.GetValueOrDefault(key, runs.Initial);
        var due = state.Due;
        switch (happened)
        {
            case RunBegun { Plan.Revision.Trust: Trust.Approved }:
                world.Count(FlowSituations.UntrustedRun);
                break;
            case RunClosed when !closed.Add(run):
                world.Violate(FlowInvariants.OneEffect, $"{run} closed twice");
                break;
            case StepSucceeded step:
                if (!done.Add($"{run}/{step.Step}")) world.Violate(FlowInvariants.OneEffect, $"{run} did {step.Step} twice");
                if (step.Output.StartsWith("failed, and", StringComparison.Ordinal) && due?.Kind == Plans.HostKind) world.Count(FlowSituations.HostStepFailed);
                if (step.Output.Contains("no check has been reported", StringComparison.Ordinal)) CheckPatience(run, Gates.ChecksGate.Grace, step.Output);
                if (step.Output.Contains("still waiting", StringComparison.Ordinal)) CheckPatience(run, due!.Timeout, step.Output);
                break;
            case RunStopping stopping:
                Count(state, stopping);
                if (stopping.Reason.Contains("still waiting", StringComparison.Ordinal)) CheckPatience(run, due!.Timeout, stopping.Reason);
                break;
            case OutcomeUnknown:
                world.Count(FlowSituations.Unknown);
                Asks?.Invoke(RunDecider.StreamOf(run), new DecideUnknown(world.OneIn(2), "ada"));
                break;
            case GateOverridden when state.Waits is not null:
                world.Count(FlowSituations.GateOverridden);
                break;
            case RunParked parked:
                Hear(run, state, parked.Reason.For);
                break;
            case AttemptFailed failed:
                if (due?.Kind == Plans.HostKind) world.Count(FlowSituations.HostStepFailed);
                if (due?.Kind == WellKnownSteps.Teardown) world.Count(FlowSituations.TeardownRetried);
                break;
        }
        if (happened is RunBegun or StepSucceeded or SlotReceived) stepSince[run] = world.Time.Elapsed;
        CheckDuties(run, state, happened);
        CheckManifest(run, state, happened);
        Runs[key] = runs.Evolve(state, happened);
        if (happened is StepSucceeded && Runs[key].Due?.Kind is WellKnownSteps.Deploy or WellKnownSteps.Switch) Deploying?.Invoke(run);
        if (happened is StepSucceeded or SlotReceived && Runs[key].Due?.Kind is WellKnownSteps.PostDeploy or WellKnownSteps.Provision) SettingUp?.Invoke(run);
    }

    private void Hear(RunId run, RunState state, string waitsFor)
    {
        if (waitsFor == "an approval of this run") Asks?.Invoke(RunDecider.StreamOf(run), new ApproveRun("ada", null));
        else if (waitsFor.StartsWith("check", StringComparison.Ordinal)) Asks?.Invoke(RunDecider.StreamOf(run), new OverrideGate("checks", "ada", "known to be broken"));
        else if (waitsFor.StartsWith("on hold", StringComparison.Ordinal)) world.Count(FlowSituations.WaitingHead);
        else if (waitsFor == "the tester" && state.Due?.Kind == Plans.HostKind) world.Count(FlowSituations.HostStepWaited);
    }

    private void Count(RunState run, RunStopping stopping)
    {
        if (run is { Due.Kind: WellKnownSteps.Switch, Grant: not null, Plan.Kind: not RunKind.Scale }) world.Count(FlowSituations.TrafficBack);
        if (stopping.Cancelled) return;
        switch (run.Due?.Kind)
        {
            case Plans.HostKind: world.Count(FlowSituations.HostStepFailed); break;
            case WellKnownSteps.Release: world.Count(FlowSituations.ReleaseFailed); break;
            case WellKnownSteps.Deploy when stopping.Reason.Contains("500", StringComparison.Ordinal): world.Count(FlowSituations.Unhealthy); break;
        }
    }

    /// <summary>Whoever gives up has waited so long, by a clock that does not jump.</summary>
    private void CheckPatience(RunId run, TimeSpan patience, string said)
    {
        if (stepSince.TryGetValue(run, out var since) && world.Time.Elapsed - since < patience) world.Violate(FlowInvariants.Clock, $"{run} says '{said}' after {world.Time.Elapsed - since}");
    }

    private void Hear(string key, BuildEvent happened)
    {
        var build = Builds.GetValueOrDefault(key, builds.Initial);
        switch (happened)
        {
            case ArtifactWanted wanted when build.Artifact is null && build.Wanted.Any(r => r != wanted.Run):
                world.Count(FlowSituations.BuildShared);
                break;
            case BuildGivenUp:
                world.Count(FlowSituations.BuildBroken);
                break;
            case ArtifactUnwanted left when build is { Artifact: null, Started: true, Wanted.Count: 1 } && build.Wanted[0] == left.Run:
                world.Count(FlowSituations.BuildAbandoned);
                break;
        }
        Builds[key] = builds.Evolve(build, happened);
    }

    private void Hear(StreamId stream, PipelineEvent happened, long version)
    {
        var pipeline = Pipelines.GetValueOrDefault(stream.Key, pipelines.Initial);
        switch (happened)
        {
            case ProposalClosed gone:
                closings[gone.Key] = closings.GetValueOrDefault(gone.Key) + 1;
                if (pipeline.WantedBranches.TryGetValue(gone.Key, out var branch) ? !UnwantedByHand.Contains(People.NameOf(gone.Key)) && !outside.Code.Dropped.Contains(branch.Branch) : closings[gone.Key] > outside.Code.ClosingsOf(gone.Key)) world.Violate(FlowInvariants.NoWrongDeletion, $"proposal {gone.Key} was taken for closed ({gone.Evidence}), and it is open");
                break;
            case ProposalSeen { Proposal: { Head.Trust: Trust.Untrusted } proposal } when pipeline.Proposals.GetValueOrDefault(proposal.Key) is { } before
                && before.Proposal.Head.Sha != proposal.Head.Sha && pipeline.Approved.Contains(before.Proposal.Head.Sha) && !pipeline.Approved.Contains(proposal.Head.Sha):
                world.Count(FlowSituations.ApprovalVoided);
                break;
            case BrakePulled { Reason.Length: > 0 }:
                world.Count(FlowSituations.Brake);
                Asks?.Invoke(stream, new ConfirmClosings("ada"));
                break;
            case LookTroubled:
                world.Count(FlowSituations.SourceOutage);
                break;
        }
        CheckDuties(stream, pipeline, happened, version);
        CheckReviews(pipeline, happened, version);
        Pipelines[stream.Key] = pipelines.Evolve(pipeline, happened);
    }
}
