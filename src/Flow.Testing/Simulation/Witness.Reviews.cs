using Flow.Apps;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Testing.Simulation;

/// <summary>Which proposals have apps, and how those go.</summary>
internal sealed partial class Witness
{
    private readonly Dictionary<string, long> warned = [];
    private readonly HashSet<string> pinned = [];
    private readonly HashSet<AppName> stale = [];

    /// <summary>What Flow itself takes for the end of an app is true.</summary>
    private bool MayGo(AppName name, string key) => closings.ContainsKey(key) || outside.Code.Unlabelled.Contains(key) || stale.Contains(name) || UnwantedByHand.Contains(name);

    private void CheckReviewApp(AppName name, AppState app, AppEvent happened)
    {
        switch (happened)
        {
            case AppDestroying when app.Policy is { Proposal: { } key, Pipeline: var owner } && Pipelines.GetValueOrDefault(owner.ToString()) is { } pipeline
                && !pipeline.Teardowns.ContainsKey(name.ToString()) && pipeline.Proposals.GetValueOrDefault(key)?.App != name:
                world.Violate(FlowInvariants.OnShow, $"{name} is torn down, and its pipeline does not show it");
                break;
            case ConfigChanged { Config: { Version: 1, Values: var values } } when app is { Generation: > 1, Configs.Count: 0 } && values.Values.Any(v => v.Origin == ConfigOrigin.Person):
                world.Count(FlowSituations.RebornWithConfig);
                break;
            case ReleaseSucceeded done when app.FindRelease(done.Number)!.Artifact.Trust == Trust.Approved:
                world.Count(FlowSituations.ApprovedDeployed);
                break;
        }
    }

    private void CheckRoom()
    {
        if (Pipelines.Values.FirstOrDefault()?.Declared?.Definition.ReviewApps?.MaxAlive is not { } most) return;
        var alive = Apps.Count(a => a.Value is { Life: AppLife.Active or AppLife.Destroying, Policy.Proposal: not null });
        if (alive > most) world.Violate(FlowInvariants.Room, $"{alive} review apps are alive, and {most} are allowed");
    }

    private void CheckReviews(PipelineState pipeline, PipelineEvent happened, long version)
    {
        switch (happened)
        {
            case ReviewAppWaits { For: ReviewAppWait.Room }:
                world.Count(FlowSituations.WaitsForRoom);
                break;
            case ReviewAppWaits { For: null } waits when pipeline.Proposals[waits.Key].Waits == ReviewAppWait.Room:
                world.Count(FlowSituations.LetIn);
                break;
            case ReviewAppTold told:
                warned.Remove(told.Key);
                if (pipeline.WantedBranches.ContainsKey(told.Key)) world.Count(FlowSituations.BranchApp);
                break;
            case ReviewAppUsed used:
                warned.Remove(used.Key);
                break;
            case ReviewAppWarned { At: not null } said:
                world.Count(FlowSituations.Warned);
                warned[said.Key] = version;
                break;
            case ReviewAppPinned pin:
                if (pin.By is null) pinned.Remove(pin.Key);
                else pinned.Add(pin.Key);
                break;
            case ProposalClosed gone:
                pinned.Remove(gone.Key);
                break;
            case ReviewAppPutAway { Away.For: ReviewAppAbsence.Stale } away:
                world.Count(FlowSituations.StaleGone);
                if (pinned.Contains(away.Key)) world.Violate(FlowInvariants.NoWrongDeletion, $"{away.Key} goes for being unused, and it is pinned");
                if (!warned.TryGetValue(away.Key, out var when) || when >= version) world.Violate(FlowInvariants.NoWrongDeletion, $"{away.Key} goes for being unused, and that was not said before");
                break;
            case ReviewAppPutAway { Away.For: ReviewAppAbsence.Dismissed } away:
                world.Count(FlowSituations.Dismissed);
                pinned.Remove(away.Key);
                break;
            case ReviewAppWanted wanted when pipeline.Proposals[wanted.Key].Away is { For: ReviewAppAbsence.Dismissed }:
                world.Count(FlowSituations.WantedAgain);
                break;
            case ReviewAppLeaving { Teardown: var teardown }:
                if (teardown.Evidence.Contains("has no label", StringComparison.Ordinal)) world.Count(FlowSituations.LabelLost);
                if (teardown.Evidence.Contains("deployed or visited", StringComparison.Ordinal)) stale.Add(teardown.App);
                break;
            case ReviewAppEnded ended when Apps.GetValueOrDefault(ended.App.ToString()) is { Life: AppLife.Destroying }:
                world.Violate(FlowInvariants.OnShow, $"{ended.App} is still being torn down, and its pipeline does not show it any more");
                break;
        }
    }

    /// <summary>Its pipeline has judged what is unused: what is pinned stayed.</summary>
    public void HasJudged(PipelineState pipeline, DateTimeOffset now)
    {
        if (pipeline.Declared?.Definition.ReviewApps?.StaleAfter is not { } patience) return;
        foreach (var seen in pipeline.Proposals.Values)
            if (seen is { App: not null, Pinned: not null, ActiveAt: { } active } && now - active > patience) world.Count(FlowSituations.PinnedKept);
    }
}
