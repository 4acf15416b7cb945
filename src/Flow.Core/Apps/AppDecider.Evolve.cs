using System.Collections.Immutable;
using Flow.Releases;
using Flow.Runtimes;

namespace Flow.Apps;

internal sealed partial class AppDecider
{
    private const int PromotionsKept = 20;
    private const int RefusalsKept = 10;
    private const int FailedReleasesKept = 20;

    public override AppState Evolve(AppState app, AppEvent happened) => happened switch
    {
        // A new life knows nothing of the old one but its numbers: run ids and generations are unique for ever. Its head may be the one that the old life had.
        AppCreated created => new() { Life = AppLife.Active, Policy = created.Policy, PolicyVersion = created.Version, Generation = created.Generation, Runs = app.Runs },
        AppPolicyChanged changed => app with { Policy = changed.Policy, PolicyVersion = changed.Version },
        AppRebirthPlanned planned => app with { Rebirth = planned.Rebirth },
        AppDestroying gone => app with { Life = AppLife.Destroying, Hold = null, GoneUntil = gone.SeenUntil ?? 0 },
        AppUnwanted unwanted => app with { GoneUntil = unwanted.SeenUntil },
        AppDestroyed => new() { Life = AppLife.Destroyed, Policy = app.Policy, Generation = app.Generation, Runs = app.Runs, GoneUntil = app.GoneUntil },

        RunPlanned planned => app with { Candidates = [.. app.Candidates, planned.Run], Runs = planned.Run.Run.Number, NewestSeen = Math.Max(app.NewestSeen, planned.Run.Order) },
        SlotAsked asked => Change(app, asked.Run, c => c with { Ready = true, Artifact = c.Kind == Runs.RunKind.Deploy ? asked.Artifact ?? c.Artifact : c.Artifact, Needs = asked.Needs ?? c.Needs, Watched = asked.Watched ?? c.Watched }),
        CandidateLeaving leaving => Change(app, leaving.Run, c => c with { Leaving = true }),
        CandidateAwaited awaited => Change(app, awaited.Run, c => c with { Awaited = c.Awaited + 1 }),
        SlotGiven given => app with
        {
            Slot = given.Run,
            Turns = app.Turns + 1,
            Deployments = given.Deployment?.Number ?? app.Deployments,
            NewestGiven = Math.Max(app.NewestGiven, app.Candidates.First(c => c.Run == given.Run).Order),
        },
        CandidateEnded ended => app with
        {
            Candidates = [.. app.Candidates.Where(c => c.Run != ended.Run)],
            Slot = app.Slot == ended.Run ? null : app.Slot,
            Received = app.Candidates.FirstOrDefault(c => c.Run == ended.Run)?.Origin is { } origin ? [.. app.Received.TakeLast(PromotionsKept - 1), origin] : app.Received,
        },

        ReleaseCreated created => app with
        {
            Releases = [.. app.Releases, created.Release],
            Manifests = created.Manifest is { } said && app.Manifests.All(m => m.Id != said.Id) ? [.. app.Manifests, said] : app.Manifests,
        },
        ReleaseSucceeded done => Serve(ChangeRelease(app, done.Number, r => r with { State = ReleaseState.Succeeded, Endpoints = done.Endpoints, EndedAt = done.At }), done.Number),
        ReleaseFailed failed => Forget(ChangeRelease(app, failed.Number, r => r with { State = ReleaseState.Failed, Reason = failed.Reason, EndedAt = failed.At })),
        ReleasesExpired expired => Forget(app with { Releases = [.. app.Releases.Select(r => expired.Numbers.Contains(r.Number) ? r with { State = ReleaseState.Expired } : r)] }),
        DeploymentReplaced replaced => ChangeRelease(app, replaced.Release, r => r with { Deployment = replaced.Deployment, Endpoints = replaced.Endpoints }),

        ResourcesIntended intended => app with { Ledger = [.. app.Ledger, .. intended.Resources.Where(r => app.Ledger.All(l => l.Id != r.Id))] },
        ResourcesGone gone => app with { Ledger = [.. app.Ledger.Where(r => !gone.Ids.Contains(r.Id))] },
        ConfigChanged changed => app with { Configs = [.. app.Configs, changed.Config], Config = changed.Config.Version },
        ConfigRewrapped rewrapped => Rewrapped(app, rewrapped),
        FormationChanged changed => app with { Formation = app.Formation.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItems(changed.Quantities) },
        AddOnAttached attached => app with { Attachments = [.. app.Attachments, attached.Attachment] },
        AddOnDetached detached => app with { Attachments = [.. app.Attachments.Where(a => a.Name != detached.Name)] },
        AppSetUp up => app with { SetUp = app.SetUp || up.Done, SetUpProblem = up.Problem },
        Held held => app with { Hold = held.Hold },
        Resumed => app with { Hold = null },
        PromotionBegun begun => app with { Promotions = [.. app.Promotions.TakeLast(PromotionsKept - 1), begun.Promotion] },
        PromotionTargetSettled settled => app with
        {
            Promotions = [.. app.Promotions.Select(p => p.Id == settled.Promotion ? p with { Targets = [.. p.Targets.Select(t => t.App == settled.Target.App ? settled.Target : t)] } : p)],
        },
        RequestRefused refused => app with { Refusals = [.. app.Refusals.TakeLast(RefusalsKept - 1), refused.Refusal] },
        InspectionWanted => app with { InspectionWanted = true },
        InspectionDone => app with { InspectionWanted = false },
        _ => throw new InvalidOperationException($"An app knows no {happened.GetType().Name}."),
    };

    private static AppState Change(AppState app, Runs.RunId run, Func<Candidate, Candidate> change) =>
        app with { Candidates = [.. app.Candidates.Select(c => c.Run == run ? change(c) : c)] };

    /// <summary>A rollback makes its older config the current one; config that was changed while it was at work is still wanted.</summary>
    private static AppState Serve(AppState app, int number) => app with
    {
        Current = number,
        Config = app.FindRelease(number) switch
        {
            { Kind: Runs.RunKind.Rollback } back => back.Config,
            { Kind: Runs.RunKind.Config } change => Math.Max(change.Config, app.Config),
            _ => app.Config,
        },
    };

    private static AppState ChangeRelease(AppState app, int number, Func<Release, Release> change) =>
        app with { Releases = [.. app.Releases.Select(r => r.Number == number ? change(r) : r)] };

    /// <summary>Drops what nothing can come back to: expired releases and old failures, and config versions and manifests that no release needs.</summary>
    private static AppState Forget(AppState app)
    {
        // A rollback that waits goes back to its release, whatever becomes of it meanwhile.
        var back = app.Candidates.Select(c => c.BackTo).OfType<int>().ToHashSet();
        var failed = app.Releases.Where(r => (r.State is ReleaseState.Failed or ReleaseState.Expired) && !back.Contains(r.Number)).Reverse().Skip(FailedReleasesKept).Select(r => r.Number).ToHashSet();
        var releases = failed.Count == 0 ? app.Releases : [.. app.Releases.Where(r => !failed.Contains(r.Number))];
        var needed = releases.Where(r => r.State is ReleaseState.Succeeded or ReleaseState.Pending).Select(r => r.Config)
            .Concat(app.Candidates.Select(c => c.Config ?? 0)).Concat(ConfigLayers.WithNewestSecrets(app)).Append(app.Config).ToHashSet();
        var said = releases.Where(r => r.State is ReleaseState.Succeeded or ReleaseState.Pending || back.Contains(r.Number)).Select(r => r.Manifest).ToHashSet();
        return app with { Releases = releases, Configs = [.. app.Configs.Where(c => needed.Contains(c.Version))], Manifests = [.. app.Manifests.Where(m => said.Contains(m.Id))] };
    }
}
