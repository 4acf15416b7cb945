using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using Flow.ReviewApps;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Storage;

namespace Flow.Testing.Simulation;

/// <summary>How everything must be once it has settled: inside, outside, and both together.</summary>
internal sealed class FinalCheck(World world, IFlowStore store, Outside outside, Witness witness, People people, StreamKinds kinds)
{
    private readonly Dictionary<StreamId, long> right = [];

    /// <summary>What is not at rest, or null. A head that waits for somebody to resume is at rest.</summary>
    public string? WhatIsOpen()
    {
        foreach (var (name, app) in witness.Apps)
        {
            if (app.Slot is { } slot) return $"{slot} holds the slot of {name}: {Where(slot)}";
            if (app.Candidates.FirstOrDefault(c => app.Hold is null || !c.Automatic || !c.Ready || c.Leaving) is { } open) return $"{open.Run} is open: {Where(open.Run)}";
            if (app.Life == AppLife.Destroying) return $"{name} is being destroyed";
        }
        foreach (var (name, run) in witness.Runs)
            if (!run.Closed && witness.Apps[RunId.Parse(name).App.ToString()].Candidates.All(c => c.Run.ToString() != name)) return $"{name} goes on, and its app knows nothing of it";
        foreach (var (key, build) in witness.Builds)
            if (build.Wanted.Count > 0 || build.Started) return $"build {key} is open: wanted by {build.Wanted.Count}";
        foreach (var (name, pipeline) in witness.Pipelines)
        {
            if (pipeline.Brake is { } brake) return $"the brake of {name} is pulled: {brake}";
            if (pipeline.Teardowns.Values.FirstOrDefault() is { } going) return $"{going.App} is on show as being torn down";
            if (pipeline.ConfirmedClosings.Count > 0) return $"{name} has not closed {Listed(pipeline.ConfirmedClosings)} yet";
        }
        return witness.Unreadable > 0 ? "an input that nobody can read has not been rejected" : null;
    }

    private string Where(RunId run) => witness.Runs.GetValueOrDefault(run.ToString()) is { } state ? $"{state.Plan?.Kind}, {state.Status}, {state.Due?.Name}, waits for {state.Waits?.For}" : "it has not begun";

    public void Settled(bool pushedOnceMore)
    {
        CheckAnswers();
        foreach (var (name, app) in witness.Apps) CheckStored<AppState>(new(AppDecider.Kind, name), app, s => s with { InspectionWanted = false });
        foreach (var (name, run) in witness.Runs) CheckStored<RunState>(new(RunDecider.Kind, name), run, s => s with { Hinted = false });
        foreach (var (name, build) in witness.Builds) CheckStored<BuildState>(new(BuildDecider.Kind, name), build, s => s);
        foreach (var (name, pipeline) in witness.Pipelines) CheckStored<PipelineState>(new(PipelineDecider.Kind, name), pipeline, s => s with { Look = 0, LookDue = false, LookAgain = false, Trouble = null });
        foreach (var (name, app) in witness.Apps) CheckOutside(AppName.Parse(name), app);
        CheckNobodysThings();
        CheckOwn();
        if (!pushedOnceMore) return;
        foreach (var app in people.Definition.Apps.Where(a => a.Branch is not null && !people.DestroyedByHand.Contains(a.Name))) CheckServes(app.Name, outside.Code.Branches[app.Branch!], $"branch {app.Branch}");
        foreach (var (key, proposal) in outside.Code.Open) CheckReview(key, proposal);
        foreach (var (key, wanted) in witness.Pipelines.SelectMany(p => p.Value.WantedBranches))
            if (outside.Code.Branches.TryGetValue(wanted.Branch, out var head)) CheckReview(key, new() { Key = key, Head = new() { Sha = head, Ref = "", Trust = Sources.Trust.Trusted } });
    }

    /// <summary>Its app serves it; or it waits for something, and really lacks that.</summary>
    private void CheckReview(string key, Sources.Proposal proposal)
    {
        if (witness.Pipelines.GetValueOrDefault(People.Shop.ToString())?.Proposals.GetValueOrDefault(key) is not { } seen)
        {
            world.Violate(FlowInvariants.Admission, $"{key} is open, and its pipeline does not know it");
            return;
        }
        if (seen.Waits is not { } waits)
        {
            CheckServes(People.NameOf(key), proposal.Head.Sha, $"proposal {key}");
            CheckStage(People.NameOf(key));
        }
        else if (!Lacks(waits, key, proposal)) world.Violate(FlowInvariants.Admission, $"{key} waits for {waits}, and has it");
    }

    /// <summary>What is set for all review apps is in each of them, but where a person or the code has said otherwise.</summary>
    private void CheckStage(AppName name)
    {
        if (witness.Apps.GetValueOrDefault(name.ToString()) is not { CurrentRelease: { } release } app) return;
        var (values, set) = (app.ConfigOf(release.Config), witness.Pipelines[People.Shop.ToString()].ReviewConfig?.Values ?? ConfigVersion.Empty);
        var declared = people.Definition.ReviewApps!.Config;
        foreach (var var in set.Keys.Concat(values.Where(v => v.Value.Origin == ConfigOrigin.Stage).Select(v => v.Key)).Distinct())
        {
            var (now, says) = (values.GetValueOrDefault(var), set.GetValueOrDefault(var));
            if (now is { Origin: ConfigOrigin.Person or ConfigOrigin.Manifest } || (says is null ? now?.Plain == declared.GetValueOrDefault(var) : now == says)) continue;
            world.Violate(FlowInvariants.ConfigLayers, $"{name} serves with {var} from {now?.Origin.ToString() ?? "nowhere"}, which is not what is set for all review apps");
        }
    }

    private bool Lacks(ReviewAppWait waits, string key, Sources.Proposal proposal)
    {
        var policy = people.Definition.ReviewApps!;
        return waits switch
        {
            ReviewAppWait.Approval or ReviewAppWait.Isolation => proposal.Head.Trust == Sources.Trust.Untrusted && !outside.Approved.Contains(proposal.Head.Sha),
            ReviewAppWait.Label => policy.Create == ReviewAppCreation.ByLabel && proposal.Labels is { Count: 0 },
            ReviewAppWait.Labels => policy.Create == ReviewAppCreation.ByLabel && proposal.Labels is null,
            ReviewAppWait.Request => policy.Create == ReviewAppCreation.ByHand,
            ReviewAppWait.Ready => proposal.Draft && !policy.Drafts,
            ReviewAppWait.Return => witness.UnwantedByHand.Contains(People.NameOf(key)),
            ReviewAppWait.Push => policy.StaleAfter is not null,
            ReviewAppWait.Room => witness.Apps.Count(a => a.Value is { Life: AppLife.Active, Policy.Proposal: not null }) >= policy.MaxAlive,
            _ => false,
        };
    }

    /// <summary>Every proposal is closed: of their apps nothing is left.</summary>
    public void Closed()
    {
        foreach (var (name, app) in witness.Apps.Where(a => a.Value.Policy?.Proposal is not null))
            if (app.Life != AppLife.Destroyed || app.Ledger.Count > 0) world.Violate(FlowInvariants.NoLeak, $"{name} is {app.Life} with {app.Ledger.Count} things, and its proposal is closed");
        Settled(pushedOnceMore: false);
    }

    public void Gone()
    {
        Settled(pushedOnceMore: false);
        if (outside.Running.Count + outside.AddOns.Count + outside.Routes.Routes.Count + outside.Commands.Count(c => c.Value == CommandState.Working) > 0) world.Violate(FlowInvariants.NoLeak, "everything is destroyed, and something is left outside");
    }

    /// <summary>Every request was answered; what was promised with a run has that run.</summary>
    private void CheckAnswers()
    {
        foreach (var (key, to, written) in people.Asked)
        {
            if (written is not { } text) world.Violate(FlowInvariants.Consequence, $"request {key} to {to} was never answered");
            else if (JsonSerializer.Deserialize(text.Span, FlowJson.Default.Answer) is { Accepted: true, Run: { } run } && !witness.Runs.ContainsKey(run.ToString()))
                world.Violate(FlowInvariants.Consequence, $"request {key} to {to} was answered with {run}, which never began");
        }
    }

    private void CheckServes(AppName name, CommitSha commit, string of)
    {
        var app = witness.Apps.GetValueOrDefault(name.ToString());
        if (app?.CurrentRelease?.Revision?.Sha != commit)
            world.Violate(FlowInvariants.NewestHead, $"{name} ({app?.Life}) serves {app?.CurrentRelease?.Revision?.Sha.ToString()[30..] ?? "nothing"}, and the head of {of} is {commit.ToString()[30..]}; refused: {string.Join("; ", app?.Refusals.Select(r => r.Reason) ?? [])}");
    }

    private void CheckOutside(AppName name, AppState app)
    {
        var running = outside.Running.Keys.Where(d => d.App == name).ToList();
        var current = app.CurrentRelease;
        if (!running.SequenceEqual(current is null ? [] : [current.Deployment])) world.Violate(FlowInvariants.Serves, $"{name}: {Listed(running)} run, v{app.Current} is {current?.Deployment}");
        var owned = app.Ledger.Where(r => r.Kind == ResourceKind.Deployment).Select(r => DeploymentId.Parse(r.Id)).ToList();
        if (!owned.SequenceEqual(running)) world.Violate(FlowInvariants.Serves, $"{name} owns {Listed(owned)}, and {Listed(running)} run");
        if (current is null || world.Violation is not null) return;
        var spec = outside.Running[current.Deployment];
        if (spec.Artifact.Digest != current.Artifact.Digest) world.Violate(FlowInvariants.Serves, $"{current.Deployment} runs another artifact than v{current.Number}");
        foreach (var process in spec.Processes)
            if (process.Quantity != app.QuantityOf(process.Type)) world.Violate(FlowInvariants.Serves, $"{current.Deployment} runs {process.Quantity} x {process.Type}, wanted are {app.QuantityOf(process.Type)}");
        if (!spec.Processes.Select(p => p.Type).SequenceEqual(spec.Artifact.ProcessTypes.Keys.Where(t => t != ProcessTypes.Release && app.QuantityOf(t) > 0).Order(StringComparer.Ordinal)))
            world.Violate(FlowInvariants.Serves, $"{current.Deployment} runs {Listed(spec.Processes.Select(p => p.Type))}");
        var route = outside.Routes.Routes.GetValueOrDefault(name);
        if (current.Endpoints.Count != app.QuantityOf("web")) world.Violate(FlowInvariants.Serves, $"v{current.Number} of {name} has {current.Endpoints.Count} endpoints, wanted are {app.QuantityOf("web")}");
        if (current.Endpoints.Count == 0 ? route is { Targets.Count: > 0 } : route?.Deployment != current.Deployment || !route.Targets.SequenceEqual(current.Endpoints))
            world.Violate(FlowInvariants.Serves, $"the route of {name} leads to {route?.Deployment.ToString() ?? "nothing"} ({route?.Targets.Count}), v{current.Number} is {current.Deployment} ({current.Endpoints.Count})");
        foreach (var addOn in app.Policy!.AddOns)
            if (!outside.AddOns.ContainsKey($"{name}.{app.Generation}.{addOn.Name}")) world.Violate(FlowInvariants.NoWrongDeletion, $"{name} serves without its add-on {addOn.Name}");
    }

    private void CheckNobodysThings()
    {
        var owned = witness.Apps.SelectMany(a => a.Value.Ledger).Select(r => r.Id).ToHashSet();
        foreach (var deployment in outside.Running.Keys)
            if (!owned.Contains(deployment.ToString())) world.Violate(FlowInvariants.NoLeak, $"{deployment} runs, and nobody owns it");
        foreach (var addOn in outside.AddOns.Keys)
            if (!owned.Contains(addOn)) world.Violate(FlowInvariants.NoLeak, $"{addOn} exists, and nobody owns it");
        foreach (var (app, way) in outside.Routes.Routes)
            if (way.Targets.Count > 0 && witness.Apps.GetValueOrDefault(app.ToString())?.CurrentRelease is null) world.Violate(FlowInvariants.NoLeak, $"{app} has a route and no release");
        foreach (var (command, state) in outside.Commands)
            if (state == CommandState.Working) world.Violate(FlowInvariants.NoLeak, $"command {command} still runs");
        foreach (var (command, starts) in outside.CommandStarts)
            if (starts > 1) world.Violate(FlowInvariants.OneEffect, $"command {command} was started {starts} times");
        foreach (var (build, working) in outside.Builds)
            if (working) world.Violate(FlowInvariants.NoLeak, $"build {build} still runs");
    }

    /// <summary>A host's own adapters are asked themselves: they hold what they were told to hold, and nothing else.</summary>
    private void CheckOwn()
    {
        var process = new SimulatedProcess(world, outside, "check");
        if (outside.Options.Runtime?.Invoke(process) is { } runtime)
        {
            var held = Answer(runtime.ListAsync(default))?.OrderBy(d => d.ToString(), StringComparer.Ordinal).ToList();
            if (held is null || !held.SequenceEqual(outside.Running.Keys)) world.Violate(FlowInvariants.NoLeak, $"the runtime holds {(held is null ? "it does not say what" : Listed(held))}, and must hold {Listed(outside.Running.Keys)}");
            foreach (var id in outside.Running.Keys)
                if (Answer(runtime.InspectAsync(id, default)) is null) world.Violate(FlowInvariants.NoWrongDeletion, $"the runtime holds {id}, and says that nothing of it is there");
        }
        if (outside.Options.AddOns?.Invoke(process) is { } addOns)
            foreach (var id in outside.AddOns.Keys)
                if (Answer(addOns.BindAsync(id, default)) is null) world.Violate(FlowInvariants.NoWrongDeletion, $"add-on {id} must exist, and has no credentials");
    }

    /// <summary>Null also when it throws or does not answer: at rest everything answers at once.</summary>
    private static T? Answer<T>(ValueTask<T> asked) where T : class? => asked.IsCompletedSuccessfully ? asked.Result : null;

    /// <summary>State is the fold of what was acknowledged, and nothing else but what is no history.</summary>
    private void CheckStored<T>(StreamId stream, T expected, Func<T, T> recorded) where T : class
    {
        var stored = World.Now(store.LoadAsync(stream, default));
        // What was right and has not changed since is right.
        if (stored is not null && right.GetValueOrDefault(stream) == stored.Version) return;
        if (stored is not null) right[stream] = stored.Version;
        var found = stored is null ? "nothing" : Written(recorded((T)kinds.Of(stream).ReadState(stored.Snapshot)));
        var should = Written(recorded(expected));
        if (found == should) return;
        var at = found.Zip(should).TakeWhile(c => c.First == c.Second).Count();
        world.Violate(FlowInvariants.Consequence, $"{stream} is stored as ...{Around(found, at)}... and its events say ...{Around(should, at)}...");
    }

    private static string Written<T>(T state) where T : class => JsonSerializer.Serialize(state, (JsonTypeInfo<T>)FlowJson.Default.GetTypeInfo(typeof(T))!);

    private static string Around(string text, int at) => text[Math.Max(0, at - 80)..Math.Min(text.Length, at + 80)];

    private static string Listed<T>(IEnumerable<T> things) => string.Join(", ", things) is { Length: > 0 } some ? some : "nothing";
}
