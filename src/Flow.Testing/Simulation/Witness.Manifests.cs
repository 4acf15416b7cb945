using Flow.Apps;
using Flow.Manifests;
using Flow.Releases;
using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Testing.Simulation;

/// <summary>What code asks for, and what comes of it: by what was drawn for its tree, never by what the engine has read of it.</summary>
internal sealed partial class Witness
{
    private readonly Dictionary<(AppName App, int Generation), List<string>> postDeploys = [];
    private readonly Dictionary<(AppName App, int Generation, string Name), string> generated = [];
    private readonly Dictionary<AppName, (bool First, IReadOnlyDictionary<string, ConfigValue> Values)> before = [];
    private readonly HashSet<(AppName App, int Generation)> lacked = [];

    private void CheckManifest(AppName name, AppState app, AppEvent happened)
    {
        switch (happened)
        {
            case SlotGiven:
                before[name] = (app.Current is null, app.ConfigOf(app.Config));
                break;
            case ConfigChanged { Config.By: "ada" } changed when app.ConfigOf(app.Config) is var old && changed.Config.Values.Count(v => old.GetValueOrDefault(v.Key) != v.Value) + old.Keys.Count(k => !changed.Config.Values.ContainsKey(k)) > 1:
                world.Violate(FlowInvariants.ConfigLayers, $"a person changed one config var of {name}, and more of them are others now");
                break;
            case ReleaseCreated created:
                CheckConfig(name, app, created.Release);
                break;
            case ReleaseSucceeded succeeded when app.FindRelease(succeeded.Number) is { Kind: RunKind.AddOn }:
                world.Count(FlowSituations.Renewed);
                break;
            case ReleaseSucceeded when lacked.Remove((name, app.Generation)):
                world.Count(FlowSituations.ConfigSupplied);
                break;
            case AppDestroying when app.Slot is { } slot && Runs.GetValueOrDefault(slot.ToString()) is { Due.Kind: WellKnownSteps.PostDeploy }:
                world.Count(FlowSituations.DestroyDuringPostDeploy);
                break;
            case CandidateLeaving leaving when leaving.Reason.StartsWith("nothing that matters", StringComparison.Ordinal):
                CheckPassedOver(name, app, app.Candidates.First(c => c.Run == leaving.Run));
                break;
        }
    }

    private void CheckPassedOver(AppName name, AppState app, Candidate passed)
    {
        world.Count(FlowSituations.PassedOver);
        if (passed.Revision is not { } head || app.CurrentRelease?.Artifact.Provenance.TreeId is not { } tree) world.Violate(FlowInvariants.NothingNew, $"{passed.Run} is passed over, and {name} serves nothing");
        else if (!outside.Code.IsSame(head.Sha, tree)) world.Violate(FlowInvariants.NothingNew, $"{passed.Run} is passed over, and {head.Sha.Short} is not what {name} serves");
    }

    private void CheckConfig(AppName name, AppState app, Release release)
    {
        var values = app.ConfigOf(release.Config);
        foreach (var (var, value) in values.Where(v => v.Value.Origin == ConfigOrigin.Generated))
            if (!generated.TryAdd((name, app.Generation, var), value.Ciphertext!) && generated[(name, app.Generation, var)] != value.Ciphertext)
                world.Violate(FlowInvariants.GeneratedOnce, $"v{release.Number} of {name} has another {var} than an earlier release of this life");
        switch (release.Kind)
        {
            case RunKind.Deploy or RunKind.Promotion:
                CheckLayers(name, app, release, values);
                break;
            case RunKind.Rollback when app.Candidates.First(c => c.Run == release.Run).BackTo is { } old && app.FindRelease(old)?.Config != release.Config:
                world.Violate(FlowInvariants.ConfigLayers, $"v{release.Number} of {name} goes back to v{old}, and not to its config");
                break;
        }
    }

    /// <summary>Var by var: who has a say in it, and who goes first.</summary>
    private void CheckLayers(AppName name, AppState app, Release release, IReadOnlyDictionary<string, ConfigValue> values)
    {
        var manifest = outside.Code.ManifestOf(release.Artifact.Provenance.TreeId);
        if (manifest?.Broken == true) world.Violate(FlowInvariants.RequiredConfig, $"v{release.Number} of {name} is made from code whose app.json is no good");
        var (policy, (first, old)) = (app.Policy!, before[name]);
        var declared = manifest?.VarsOf(policy.Stage) ?? new Dictionary<string, DrawnVar>();
        foreach (var var in declared.Keys.Concat(old.Keys).Concat(policy.StageConfig.Keys).Concat(values.Keys).Distinct())
        {
            var (was, wants, says) = (old.GetValueOrDefault(var), declared.GetValueOrDefault(var), policy.StageConfig.GetValueOrDefault(var));
            var now = values.GetValueOrDefault(var);
            var right = Layer(was, says, wants, policy.Stage == Stage.Review, first) switch
            {
                Kept => was?.Plain == now?.Plain && was?.Ciphertext == now?.Ciphertext,
                Staged => says!.Plain == now?.Plain && says.Ciphertext == now?.Ciphertext,
                Valued => now?.Plain == wants!.Value && now?.Ciphertext is null,
                Made => now is { Origin: ConfigOrigin.Generated, Ciphertext: not null },
                _ => now is null,
            };
            if (was is not null && now != was && outside.Personal.Contains(was.Plain ?? was.Ciphertext!) && wants is not { Sync: true, Value: not null })
                world.Violate(FlowInvariants.PersonsWord, $"v{release.Number} of {name} has another {var} than a person has set");
            if (!right) world.Violate(FlowInvariants.ConfigLayers, $"v{release.Number} of {name} has {var} from {now?.Origin.ToString() ?? "nowhere"}; it was from {was?.Origin.ToString() ?? "nowhere"}, and {Layer(was, says, wants, policy.Stage == Stage.Review, first)} has to count");
            if (now is null && wants is { Required: true }) world.Violate(FlowInvariants.RequiredConfig, $"v{release.Number} of {name} is made, and its code requires {var}, which nobody supplies");
            if (now is { Origin: ConfigOrigin.Stage } && now != was) world.Count(FlowSituations.StageConfigTaken);
            Count(was, now, wants, first);
        }
    }

    private const string Kept = "what there is", Staged = "the stage's word", Valued = "the manifest's value", Made = "a generated secret", Nothing = "nobody's word";

    private static string Layer(ConfigValue? was, ConfigValue? says, DrawnVar? wants, bool follows, bool first)
    {
        if (wants is { Sync: true, Value: not null }) return Valued;
        if (was?.Origin == ConfigOrigin.Person) return Kept;
        if (says is not null) return Staged;
        if (was?.Origin is ConfigOrigin.Declaration or ConfigOrigin.Generated) return Kept;
        var taken = was?.Origin == ConfigOrigin.Manifest;
        // Until something serves, an app is new.
        if (taken && !follows && !first) return Kept;
        var takes = follows || first || wants is { Required: true } or { Sync: true };
        return wants switch { { Value: not null } when takes => Valued, { Generated: true } when takes => Made, _ => Nothing };
    }

    private void Count(ConfigValue? was, ConfigValue? now, DrawnVar? wants, bool first)
    {
        if (now is { Origin: ConfigOrigin.Generated } && was is null) world.Count(FlowSituations.SecretGenerated);
        if (!first && now is { Origin: ConfigOrigin.Manifest } && was is { Origin: ConfigOrigin.Manifest } && now != was) world.Count(FlowSituations.ManifestFollowed);
        if (was is not { Origin: ConfigOrigin.Person } || wants?.Value is null) return;
        if (now?.Origin == ConfigOrigin.Manifest) world.Count(FlowSituations.Synced);
        else world.Count(FlowSituations.PersonKept);
    }

    private void CheckManifest(RunId name, RunState run, RunEvent happened)
    {
        switch (happened)
        {
            case RunStopping { Cancelled: false } stopping when stopping.Reason.StartsWith("app.json requires", StringComparison.Ordinal):
                world.Count(FlowSituations.ConfigMissing);
                lacked.Add((name.App, Apps[name.App.ToString()].Generation));
                break;
            case RunStopping { Cancelled: false } when run is { Due.Kind: WellKnownSteps.Fetch, Plan.Revision: { } code } && outside.Code.ManifestOf(outside.Code.TreeOf(code.Sha))?.Broken == true:
                world.Count(FlowSituations.ManifestBroken);
                break;
            case StepGivenUp { Step: WellKnownSteps.PostDeploy, Unsure: true }:
                // Perhaps it was never started; nobody knows.
                PostDeploysOf(name.App, run.Grant!.Generation).Add($"{name}.{WellKnownSteps.PostDeploy}.{run.Attempt}");
                break;
            case StepGivenUp { Step: WellKnownSteps.PostDeploy }:
                world.Count(FlowSituations.PostDeployFailed);
                break;
            case StepGivenUp { Step: WellKnownSteps.DeployHook }:
                world.Count(FlowSituations.HookFailed);
                break;
            case StepGivenUp { Step: WellKnownSteps.Predestroy }:
                world.Count(FlowSituations.PredestroyFailed);
                CheckNotKept(name);
                break;
            case StepSucceeded { Step: WellKnownSteps.Predestroy }:
                CheckNotKept(name);
                CheckTried(name, run, WellKnownSteps.Predestroy, DrawnManifest.Predestroy);
                break;
            // An app that goes is not made ready any more.
            case RunClosed { Outcome: RunStatus.Succeeded } when Apps[name.App.ToString()].Life == AppLife.Active && run.Plan!.Kind is RunKind.Deploy or RunKind.Promotion or RunKind.Rollback:
                if (run.Find(WellKnownSteps.DeployHook) is not { Failed: true }) CheckTried(name, run, WellKnownSteps.DeployHook, DrawnManifest.Hook);
                if (run.Plan.Kind == RunKind.Deploy && run.Plan.Policy.Stage == Stage.Review && run.Find(WellKnownSteps.PostDeploy) is not { Failed: true } && !postDeploys.ContainsKey((name.App, run.Grant!.Generation)))
                    CheckTried(name, run, WellKnownSteps.PostDeploy, DrawnManifest.PostDeploy);
                break;
        }
    }

    /// <summary>Whoever passed the step without a failure has started the script, if there is one.</summary>
    private void CheckTried(RunId name, RunState run, string step, string command)
    {
        if (outside.Options.Runtime is not null || run.Artifact is not { } artifact || outside.Code.ManifestOf(artifact.Provenance.TreeId)?.Has(command) != true) return;
        if (!outside.CommandStarts.Keys.Any(c => c.StartsWith($"{name}.{step}.", StringComparison.Ordinal)))
            world.Violate(step == WellKnownSteps.Predestroy ? FlowInvariants.LastWord : FlowInvariants.PostDeployOnce, $"{name} passed {step}, and the script of its code was never started");
    }

    private void CheckNotKept(RunId name)
    {
        if (stepSince.TryGetValue(name, out var since) && world.Time.Elapsed - since > LongestLastWord) world.Violate(FlowInvariants.LastWord, $"{name} waited {world.Time.Elapsed - since} for its last word");
    }

    /// <summary>Five tries of at most six minutes, and the rests between them.</summary>
    private static readonly TimeSpan LongestLastWord = TimeSpan.FromMinutes(45);

    private void CheckHasSpoken(AppState going, string what)
    {
        if (going.Slot is { } slot && Runs.GetValueOrDefault(slot.ToString()) is { Plan: { Kind: RunKind.Destroy, Policy.Stage: Stage.Review } } teardown && teardown.Find(WellKnownSteps.Predestroy) is null)
            world.Violate(FlowInvariants.LastWord, $"{what} goes, and {slot} has not passed its last word");
    }

    /// <summary>A script of <c>app.json</c> begins to run.</summary>
    public void ScriptBegins(CommandSpec script)
    {
        if (RunOf(script) is not { Grant: { } grant } run) return;
        if (outside.Code.ManifestOf(script.Artifact.Provenance.TreeId)?.Has(script.Command) != true) world.Violate(FlowInvariants.PostDeployOnce, $"{script.Id} is started, and its code has no such script");
        if (script.Command == DrawnManifest.Predestroy)
        {
            var owns = $"{script.App}.{grant.Generation}.";
            if (grant.Previous is { } serves && outside.Stopped.Contains(serves) || outside.Removed.Any(r => r.StartsWith(owns, StringComparison.Ordinal) && outside.WasAddOn(r)))
                world.Violate(FlowInvariants.LastWord, $"{script.Id} is started, and something of its app is gone already");
        }
        if (script.Command != DrawnManifest.PostDeploy) return;
        var earlier = PostDeploysOf(script.App, grant.Generation);
        foreach (var other in earlier)
        {
            if (outside.Scripts.HasFailed(other)) world.Count(FlowSituations.PostDeployAgain);
            else world.Violate(FlowInvariants.PostDeployOnce, $"{script.Id} is started, and {other} has succeeded, or nobody knows");
        }
        earlier.Add(script.Id);
    }

    private List<string> PostDeploysOf(AppName app, int generation)
    {
        if (!postDeploys.TryGetValue((app, generation), out var all)) postDeploys[(app, generation)] = all = [];
        return all;
    }

    public void ScriptEnds(CommandSpec script, CommandResult end)
    {
        if (script.Command == DrawnManifest.PostDeploy && end is { ExitCode: null, TimedOut: false }) world.Count(FlowSituations.PostDeployUnknown);
    }

    private RunState? RunOf(CommandSpec command) => command.Id.Split('.') is [var app, var number, ..] ? Runs.GetValueOrDefault($"{app}.{number}") : null;
}
