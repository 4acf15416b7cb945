using Flow.Apps;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;

namespace Flow.ReviewApps;

/// <summary>How the review apps of a pipeline stand: composed of what the pipeline, each app, and its last run have committed.</summary>
internal sealed class ReviewAppViews(PipelineState pipeline, Func<AppName, Uri> urlOf)
{
    private readonly ReviewReasons reasons = new(pipeline);
    private readonly ILookup<string, ReviewAppTeardown> teardowns = pipeline.Teardowns.Values.OrderByDescending(t => t.Since).ToLookup(t => t.Key);

    /// <summary>All that there is to say something of, in order.</summary>
    public static SortedSet<string> KeysOf(PipelineState pipeline) =>
        new([.. pipeline.Proposals.Keys, .. pipeline.WantedBranches.Keys, .. pipeline.Teardowns.Values.Select(t => t.Key)], StringComparer.Ordinal);

    /// <summary>The app that there is, or that is going.</summary>
    public AppName? AppOf(string key) => pipeline.Proposals.GetValueOrDefault(key)?.App ?? teardowns[key].FirstOrDefault()?.App;

    /// <summary>The run that says what the app waits for, or what went wrong; null: the app stands quietly.</summary>
    public RunId? RunOf(string key, AppState? app) => (app, AppOf(key)) switch
    {
        (null, _) or (_, null) => null,
        ({ Life: AppLife.Destroying }, _) => app.Candidates.OrderBy(c => c.Kind == RunKind.Destroy).FirstOrDefault()?.Run,
        ({ Life: AppLife.Active, Current: null, Candidates.Count: > 0 }, _) => app.Candidates.MaxBy(c => c.Run.Number)!.Run,
        ({ Life: AppLife.Active, Current: null, Runs: > 0 }, { } name) => new RunId(name, app.Runs),
        _ => null,
    };

    public ReviewApp Of(string key, AppState? app, RunState? run)
    {
        var seen = pipeline.Proposals.GetValueOrDefault(key);
        var name = AppOf(key);
        var (status, reason) = StatusOf(key, seen, app, run);
        return new()
        {
            Key = key,
            App = name,
            Status = status,
            Reason = reason,
            Proposal = seen?.Proposal,
            Url = name is { } there ? urlOf(there) : null,
            SuccessUrl = name is { } welcome && app?.ManifestOf(app.CurrentRelease)?.SuccessUrl is { } success ? new(urlOf(welcome), success) : null,
            PinnedBy = seen?.Pinned,
            ActiveAt = seen?.ActiveAt,
            StaleAt = seen is null ? null : PipelineDecider.StaleAt(pipeline.Declared!.Definition.ReviewApps, seen),
        };
    }

    private (ReviewAppStatus, string?) StatusOf(string key, ObservedProposal? seen, AppState? app, RunState? run)
    {
        var waits = seen is null ? null : reasons.Of(seen);
        if (app is { Life: AppLife.Destroying } || (seen?.App is null && teardowns.Contains(key))) return (ReviewAppStatus.Deleting, Joined(Going(key, app, run), waits));
        if (seen?.App is not { } name) return (ReviewAppStatus.Pending, waits ?? Unseen(key, seen));
        if (app is { Life: AppLife.Active, Policy: { } policy } && (policy.Pipeline != pipeline.Declared!.Definition.Name || policy.Proposal != key))
            return (ReviewAppStatus.Errored, $"The name {name} is taken: the app belongs to pipeline {policy.Pipeline}. Choose another BaseName.");
        if (app is not { Life: AppLife.Active }) return (ReviewAppStatus.Creating, waits);
        if (app.CurrentRelease is { } current)
        {
            var failed = app.Candidates.Count == 0 && app.Releases is [.., { State: ReleaseState.Failed } last] && last.Number > current.Number
                ? $"v{last.Number} failed ({Said(last.Reason ?? "")}); v{current.Number} serves." : null;
            return (app.SetUpProblem is null ? ReviewAppStatus.Created : ReviewAppStatus.Errored, Joined(app.SetUpProblem is { } trouble ? $"It serves, but {Said(trouble)}." : null, failed, waits, Unused(seen)));
        }
        if (app.Candidates.Count > 0) return (ReviewAppStatus.Creating, Joined(run?.Waits is { } waiting ? $"It waits for {Said(waiting.For)}." : null, waits));
        // Numbers of runs go on in a new life: its first may be the end of the old one.
        return run is { Closed: true, Status: not RunStatus.Succeeded } ? (ReviewAppStatus.Errored, Joined($"Run {run.Plan?.Kind} has ended: {run.Status}{(run.Reason is null ? "" : $", {Said(run.Reason)}")}.", waits))
            : (ReviewAppStatus.Creating, Joined(app.Refusals is [.., var refusal] ? $"It could not {HostileText.Shown(refusal.What)}: {Said(refusal.Reason)}." : null, waits));
    }

    private string Going(string key, AppState? app, RunState? run)
    {
        var since = teardowns[key].FirstOrDefault() is { } told ? $"It is being torn down since {told.Since:u}: {Said(told.Evidence)}." : "It is being torn down.";
        return app?.Candidates switch
        {
            { Count: > 0 } busy when busy.FirstOrDefault(c => c.Kind != RunKind.Destroy) is { } other => $"{since} Run {other.Run} must end first.",
            _ when run?.Waits is { } waiting => $"{since} It waits for {Said(waiting.For)}.",
            _ => since,
        };
    }

    private string? Unseen(string key, ObservedProposal? seen) => seen is null && pipeline.WantedBranches.TryGetValue(key, out var wanted)
        ? $"Branch '{HostileText.Shown(wanted.Branch)}' has not been seen in {pipeline.Declared!.Definition.Repository.Url} yet." : null;

    private static string? Unused(ObservedProposal seen) => seen.WarnedAt is null ? null : $"Nobody has used it since {seen.ActiveAt:u}: it goes unless somebody deploys, visits or pins it.";

    private static string? Joined(params string?[] texts) => texts.OfType<string>().ToList() is { Count: > 0 } some ? string.Join(' ', some) : null;

    private static string Said(string text) => HostileText.Shown(text, 400).TrimEnd('.');
}
