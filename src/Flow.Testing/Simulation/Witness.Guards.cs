using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Routing;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Testing.Simulation;

/// <summary>What may happen outside, and what must follow from every commit.</summary>
internal sealed partial class Witness
{
    /// <summary>The ledger knows of everything before it is created.</summary>
    public void IsCreated(AppName app, string id)
    {
        if (Apps.GetValueOrDefault(app.ToString()) is not { } owner || owner.Ledger.All(r => r.Id != id)) world.Violate(FlowInvariants.NoLeak, $"{id} is created, and the ledger of {app} does not know it");
    }

    /// <summary>Code that nobody vouches for runs only when exactly it was approved, sees nothing that somebody set on its app, and never reaches a permanent stage.</summary>
    public void IsGiven(AppName app, Artifact artifact, IReadOnlyDictionary<string, string> environment, string what)
    {
        var secret = environment.FirstOrDefault(v => SimulatedSecrets.IsSecret(v.Value) || outside.Secrets.Contains(v.Value)).Key;
        if (artifact.Trust == Trust.Trusted)
        {
            if (secret is not null) world.Count(FlowSituations.SecretGiven);
            return;
        }
        if (artifact.Trust == Trust.Untrusted || !outside.Code.IsApproved(artifact.Provenance.TreeId, outside.Approved)) world.Violate(FlowInvariants.Approval, $"{what} runs code that nobody vouches for, and nobody has approved");
        if (environment.FirstOrDefault(v => outside.Personal.Contains(v.Value)).Key is { } personal) world.Violate(FlowInvariants.Trust, $"{what} runs code that nobody vouches for, and is given {personal}, which somebody has set on its app");
        if (Apps.GetValueOrDefault(app.ToString())?.Policy is { Stage: > Stage.Review } policy) world.Violate(FlowInvariants.Trust, $"{what} runs code that nobody vouches for in stage {policy.Stage}");
    }

    /// <summary>What serves is stopped only when another serves in its place, or when the app is to go.</summary>
    public void IsStopped(DeploymentId id)
    {
        var owner = Apps.GetValueOrDefault(id.App.ToString());
        if (owner is { Life: AppLife.Destroying } && owner.Generation == id.Generation && owner.CurrentRelease?.Deployment == id) CheckHasSpoken(owner, id.ToString());
        if (owner is not { Life: AppLife.Active } app || app.Generation != id.Generation) return;
        var changing = app.Slot is { } slot ? Runs.GetValueOrDefault(slot.ToString()) : null;
        if (app.CurrentRelease?.Deployment == id && !(changing is { Switched: true, Grant.Previous: { } previous } && previous == id))
            world.Violate(FlowInvariants.NoWrongDeletion, $"{id} serves {id.App}, and is stopped");
        else if (changing is { Grant.Deployment: { } started, Status: not RunStatus.Stopping, Closed: false, Plan.Kind: not RunKind.Scale } && started == id)
            world.Violate(FlowInvariants.NoWrongDeletion, $"{id} is being deployed, and is stopped");
        if (outside.Running.ContainsKey(id) && outside.Routes.Routes.TryGetValue(id.App, out var route) && route.Deployment == id && route.Targets.Count > 0)
            world.Violate(FlowInvariants.NoWrongDeletion, $"the route of {id.App} leads to {id}, and it is stopped");
    }

    /// <summary>An add-on, and the data in it, goes only with its app.</summary>
    public void IsRemoved(string addOn)
    {
        if (addOn.Split('.') is not [var name, var generation, ..]) return;
        if (Apps.GetValueOrDefault(name) is { Life: AppLife.Active } app && app.Generation.ToString(null, null) == generation)
            world.Violate(FlowInvariants.NoWrongDeletion, $"{addOn} is removed, and {name} lives");
        if (Apps.GetValueOrDefault(name) is { Life: AppLife.Destroying } going && going.Generation.ToString(null, null) == generation) CheckHasSpoken(going, addOn);
    }

    public void RouteIsRemoved(AppName name, int generation)
    {
        if (Apps.GetValueOrDefault(name.ToString()) is { Life: AppLife.Active } app && app.Generation <= generation) world.Violate(FlowInvariants.NoWrongDeletion, $"the route of {name} is removed, and it lives");
    }

    public void BuildIsStopped(string id)
    {
        if (id.LastIndexOf('-') is > 0 and var dash && Builds.GetValueOrDefault(id[..dash]) is { Stopping: false, Artifact: null, Wanted.Count: > 0 } build && id[(dash + 1)..] == build.Attempt.ToString(null, null))
            world.Violate(FlowInvariants.NoWrongDeletion, $"build {id} is stopped, and {build.Wanted[0]} waits for it");
    }

    /// <summary>
    /// No state without a way out: whatever owes no effect, and has nothing on its way to it, must be at rest. Only a person's word may be waited for without a deadline.
    /// </summary>
    public void CheckAtRest(StreamId stream, object state, Func<StreamId, int> pending)
    {
        var stuck = state switch
        {
            RunState run => run is { Plan: not null, Status: not RunStatus.Unknown },
            PipelineState pipeline => pipeline.Declared is not null,
            BuildState build => build.Wanted.Count > 0 || build.Started || build.Resting,
            ReportState report => report.Pending.Count > 0,
            AppState app => app.Candidates.Any(c => closed.Contains(c.Run) || (!Runs.ContainsKey(c.Run.ToString()) && pending(RunDecider.StreamOf(c.Run)) == 0)) || (app is { Life: AppLife.Destroying, Candidates.Count: 0 }),
            _ => false,
        };
        if (stuck) world.Violate(FlowInvariants.WayOut, $"{stream} is not at rest, owes nothing, and nothing is on its way to it");
    }
}
