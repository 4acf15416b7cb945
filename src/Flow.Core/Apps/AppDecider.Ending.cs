using Flow.Engine;
using Flow.Releases;
using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Apps;

/// <summary>What the end of a run means for its app: in one commit with giving the slot to the next.</summary>
internal sealed partial class AppDecider
{
    private Decision End(StreamId self, AppState app, RunEnded ended, DateTimeOffset now)
    {
        if (app.Candidates.FirstOrDefault(c => c.Run == ended.Run) is not { } run) return Decision.Nothing;   // told twice
        var decision = Decision.Of(new CandidateEnded(ended.Run, ended.Outcome, ended.Reason, now));
        var mine = app.Slot == ended.Run;
        var succeeded = ended.Outcome == RunStatus.Succeeded;

        if (mine && succeeded && run.Kind == RunKind.Destroy) return Destroyed(self, app, decision, now);
        if (run.Kind == RunKind.Destroy) return decision.And(Start(new() { Run = NextRun(self, app), Kind = RunKind.Destroy }, Plans.Destroy(app.Policy!, "Flow"), now));
        if (mine && run.Kind != RunKind.Destroy) decision = Settle(self, app, run, ended, decision, now);
        if (run.Origin is { } origin) decision = decision.Send(StreamOf(origin.From), new PromotionTargetEnded(origin.Promotion, new(NameOf(self), succeeded ? PromotionState.Succeeded : PromotionState.Failed,
            succeeded ? PendingRelease(app, run)?.Number : null, ended.Reason, run.Run)));
        return Then(self, app, decision, now);
    }

    private static Release? PendingRelease(AppState app, Candidate run) => app.Releases.LastOrDefault(r => r.Run == run.Run);

    /// <summary>Success: the new processes serve and the old are gone. Failure: the other way round.</summary>
    private Decision Settle(StreamId self, AppState app, Candidate run, RunEnded ended, Decision decision, DateTimeOffset now)
    {
        var release = PendingRelease(app, run);
        var scaled = run.Kind == RunKind.Scale;
        var started = new DeploymentId(NameOf(self), app.Generation, app.Deployments);
        if (ended.Outcome != RunStatus.Succeeded)
        {
            if (release is { Kind: RunKind.Deploy or RunKind.Promotion } && app.Current is not null && ConfigLayers.Undone(app, release.Config) is { } undone)
                decision = decision.And(new ConfigChanged(new(NextConfig(app), undone, "Flow", now)));
            if (release is not null) decision = decision.And(new ReleaseFailed(release.Number, ended.Reason ?? ended.Outcome.ToString(), now));
            if (!scaled) decision = decision.And(new ResourcesGone([started.ToString()]));
            // Perhaps it was to bring back what does not run any more.
            if (run.Kind == RunKind.Restart) decision = decision.Send(self, new InspectApp(), InspectLater);
            if (!scaled) return decision;
            // What half a scaling has left, and where the route leads, is anybody's guess.
            return app is { Life: AppLife.Active, Current: not null } ? decision.And(StartAnew(self, app, now)) : decision;
        }
        var current = app.CurrentRelease;
        if (current is not null && !scaled) decision = decision.And(new ResourcesGone([current.Deployment.ToString()]));
        decision = release is not null
            ? decision.And(new ReleaseSucceeded(release.Number, ended.Endpoints, now))
            : decision.And(new DeploymentReplaced(current!.Number, scaled ? current.Deployment : started, ended.Endpoints));
        if (run.Kind is RunKind.Deploy or RunKind.Promotion or RunKind.Rollback) decision = decision.And(Aftermath(app, run, release!, ended));
        var expired = Expired(After(app, decision));
        return expired.Count == 0 ? decision : decision.And(new ReleasesExpired(expired));
    }

    /// <summary>What went wrong while the release served already takes nothing back, and is told.</summary>
    private static List<AppEvent> Aftermath(AppState app, Candidate run, Release release, RunEnded ended)
    {
        var failed = ended.GivenUp?.Where(s => s.Step is WellKnownSteps.PostDeploy or WellKnownSteps.DeployHook).ToList() ?? [];
        var problem = failed.Count == 0 ? null : string.Join(' ', failed.Select(s => $"{s.Step} of v{release.Number}: {s.Output}"));
        return problem == app.SetUpProblem && ended.SetUp == false ? [] : [new AppSetUp(ended.SetUp, problem)];
    }

    /// <summary>What may still be promoted or rolled back to stays: the newest succeeded ones, and the current one whatever its age.</summary>
    private static List<int> Expired(AppState app) =>
        [.. app.Releases.Where(r => r.State == ReleaseState.Succeeded && r.Number != app.Current).Reverse().Skip(app.Policy!.ReleasesKept - 1).Select(r => r.Number)];

    private static Decision Destroyed(StreamId self, AppState app, Decision decision, DateTimeOffset now)
    {
        decision = decision.And(new AppDestroyed(now));
        if (app.Policy is { Proposal: { } proposal } policy) decision = decision.Send(Pipelines.PipelineDecider.StreamOf(policy.Pipeline), new Pipelines.ReviewAppGone(proposal, NameOf(self), SeenUntil: SeenUntil(app)));
        if (app.Rebirth is not { } rebirth) return decision;
        decision = decision.And(Born(app, rebirth.Policy, now, rebirth.Config, rebirth.PolicyVersion));
        if (rebirth.Head is not { } head) return decision;
        var run = NextRun(self, app);
        return decision.And(Start(new() { Run = run, Kind = RunKind.Deploy, Order = rebirth.Order, Automatic = true, Revision = head }, Plans.Deploy(rebirth.Policy, head, null), now));
    }
}
