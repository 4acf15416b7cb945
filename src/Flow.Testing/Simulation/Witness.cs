using System.Text.Json;
using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;
using Flow.Storage;

namespace Flow.Testing.Simulation;

/// <summary>Hears every event when it is committed, and knows what must never be.</summary>
internal sealed partial class Witness(World world, Outside outside)
{
    private readonly AppDecider apps = new();
    private readonly RunDecider runs = new();
    private readonly BuildDecider builds = new();
    private readonly PipelineDecider pipelines = new();
    private readonly Dictionary<string, int> teardowns = [];
    private readonly HashSet<RunId> closed = [];
    private readonly HashSet<string> done = [];
    private readonly Dictionary<AppName, long> newestReleased = [];

    /// <summary>State of every stream as the fold of its events: what was acknowledged must be in what is stored.</summary>
    public SortedDictionary<string, AppState> Apps { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, RunState> Runs { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, BuildState> Builds { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, PipelineState> Pipelines { get; } = new(StringComparer.Ordinal);

    /// <summary>Somebody must say something: approve, decide, confirm.</summary>
    public Action<StreamId, Input>? Asks { get; set; }

    public void Hear(StoredEvent stored)
    {
        if (stored.Type.StartsWith("engine.", StringComparison.Ordinal)) world.Violate($"{stored.Stream} rejected an input");
        else if (stored.Stream.Kind == AppDecider.Kind) Hear(AppName.Parse(stored.Stream.Key), JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.AppEvent)!);
        else if (stored.Stream.Kind == RunDecider.Kind) Hear(RunId.Parse(stored.Stream.Key), JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.RunEvent)!);
        else if (stored.Stream.Kind == BuildDecider.Kind)
            Builds[stored.Stream.Key] = builds.Evolve(Builds.GetValueOrDefault(stored.Stream.Key, builds.Initial), JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.BuildEvent)!);
        else if (stored.Stream.Kind == PipelineDecider.Kind) Hear(stored.Stream, JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.PipelineEvent)!, stored.Version);
    }

    private void Hear(AppName name, AppEvent happened)
    {
        var app = Apps.GetValueOrDefault(name.ToString(), apps.Initial);
        Check(name, app, happened);
        CheckDuties(name, app, happened);
        Apps[name.ToString()] = apps.Evolve(app, happened);
    }

    private void Check(AppName name, AppState app, AppEvent happened)
    {
        switch (happened)
        {
            case SlotGiven given:
                if (app.Slot is { } busy) world.Violate($"{given.Run} and {busy} change {name} at once");
                if (app.Hold is not null && app.Candidates.Any(c => c.Run == given.Run && c.Automatic)) world.Violate($"{given.Run} is deployed automatically although {name} is on hold");
                break;
            case CandidateEnded ended:
                if (app.Candidates.All(c => c.Run != ended.Run)) world.Violate($"{ended.Run} ended twice");
                if (!closed.Contains(ended.Run)) world.Violate($"{name} took {ended.Run} for ended, and it goes on");
                if (app.Slot == ended.Run && ended.Outcome != RunStatus.Succeeded && Runs[ended.Run.ToString()] is { Grant.Deployment: { } started, Plan.Kind: not RunKind.Scale } && outside.Running.ContainsKey(started))
                    world.Violate($"{ended.Run} ended without success, and {started} still runs");
                break;
            case CandidateLeaving leaving when leaving.Reason.Contains("superseded", StringComparison.Ordinal):
                world.Count("superseded");
                break;
            case CandidateLeaving leaving when leaving.Reason.Contains("rollback", StringComparison.Ordinal):
                world.Count("rollback during a change");
                break;
            case ReleaseSucceeded succeeded:
                Check(name, app, app.FindRelease(succeeded.Number)!);
                break;
            case AppDestroyed:
                CheckGone(name, app.Generation);
                if (app.Rebirth is not null) world.Count("reborn in mid-teardown");
                newestReleased.Remove(name);
                break;
            case AppRebirthPlanned { Rebirth: not null }:
                world.Count("reopened in mid-teardown");
                break;
            case RequestRefused:
                world.Count("request refused");
                break;
        }
    }

    private void Check(AppName name, AppState app, Release release)
    {
        if (release.Kind == RunKind.Rollback) world.Count("rolled back");
        if (release.Kind == RunKind.Promotion) world.Count("promoted");
        if (release.Kind == RunKind.Config && app.CurrentRelease?.Artifact.Digest != release.Artifact.Digest) world.Violate($"v{release.Number} of {name} was to change config, and changed the code from {app.CurrentRelease?.Artifact.Provenance.Commit.Short} to {release.Artifact.Provenance.Commit.Short}");
        if (release.Kind != RunKind.Deploy) return;
        var order = app.Candidates.FirstOrDefault(c => c.Run == release.Run)?.Order ?? app.NewestGiven;
        if (order < newestReleased.GetValueOrDefault(name)) world.Violate($"{name}: head {order} was released after head {newestReleased[name]}");
        newestReleased[name] = Math.Max(order, newestReleased.GetValueOrDefault(name));
    }

    private void CheckGone(AppName name, int generation)
    {
        if (outside.Running.Keys.FirstOrDefault(d => d.App == name && d.Generation == generation) is { Number: > 0 } left) world.Violate($"{name} is destroyed, and {left} still runs");
        if (outside.AddOns.Keys.FirstOrDefault(a => a.StartsWith($"{name}.{generation}.", StringComparison.Ordinal)) is { } kept) world.Violate($"{name} is destroyed, and {kept} is still there");
        if (outside.Routes.Routes.TryGetValue(name, out var route) && route.Deployment.Generation <= generation) world.Violate($"{name} is destroyed, and {route.Deployment} still has its route");
    }

    private void Hear(RunId run, RunEvent happened)
    {
        var key = run.ToString();
        switch (happened)
        {
            case RunClosed when !closed.Add(run):
                world.Violate($"{run} closed twice");
                break;
            case StepSucceeded step when !done.Add($"{run}/{step.Step}"):
                world.Violate($"{run} did {step.Step} twice");
                break;
            case OutcomeUnknown:
                world.Count("outcome unknown");
                Asks?.Invoke(RunDecider.StreamOf(run), new DecideUnknown(world.OneIn(2), "ada"));
                break;
            case RunParked { Reason.For: "an approval of this run" }:
                Asks?.Invoke(RunDecider.StreamOf(run), new ApproveRun("ada", null));
                break;
            case RunParked { Reason.For: var why } when why.StartsWith("check", StringComparison.Ordinal):
                Asks?.Invoke(RunDecider.StreamOf(run), new OverrideGate("checks", "ada", "known to be broken"));
                break;
            case RunParked { Reason.For: var why } when why.StartsWith("on hold", StringComparison.Ordinal):
                world.Count("hold with a waiting head");
                break;
            case AttemptFailed:
                world.Count("step failed once");
                break;
        }
        CheckDuties(run, Runs.GetValueOrDefault(key, runs.Initial), happened);
        Runs[key] = runs.Evolve(Runs.GetValueOrDefault(key, runs.Initial), happened);
    }

    private void Hear(StreamId stream, PipelineEvent happened, long version)
    {
        switch (happened)
        {
            case ProposalClosed gone:
                teardowns[gone.Key] = teardowns.GetValueOrDefault(gone.Key) + 1;
                if (teardowns[gone.Key] > outside.Code.ClosingsOf(gone.Key)) world.Violate($"proposal {gone.Key} was taken for closed ({gone.Evidence}), and it is open");
                break;
            case BrakePulled { Reason.Length: > 0 }:
                world.Count("brake pulled");
                Asks?.Invoke(stream, new ConfirmClosings("ada"));
                break;
            case LookTroubled:
                world.Count("look failed");
                break;
        }
        CheckDuties(stream, Pipelines.GetValueOrDefault(stream.Key, pipelines.Initial), happened, version);
        Pipelines[stream.Key] = pipelines.Evolve(Pipelines.GetValueOrDefault(stream.Key, pipelines.Initial), happened);
    }
}
