using Flow.Apps;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Runs;

namespace Flow.AspNetCore.Status;

/// <summary>A pipeline and its apps, as one moment shows them.</summary>
internal sealed record PipelineView(PipelineName Name, PipelineState State, IReadOnlyList<AppView> Apps, IReadOnlyList<ReviewApp> Reviews)
{
    /// <summary>Proposals that have no app to be shown.</summary>
    public IEnumerable<ReviewApp> Waiting => Reviews.Where(r => Apps.All(a => a.Review != r));
}

/// <summary>An app: its newest runs, the first line of what it serves, and how it stands as a proposal's app.</summary>
internal sealed record AppView(AppName Name, AppState State, Uri Url, IReadOnlyList<KeyValuePair<RunId, RunState>> Runs, string? Subject, ReviewApp? Review = null);

/// <summary>Reads what the pages show.</summary>
internal sealed class StatusReader(IPipelines pipelines, IApps apps, IRuns runs, IReviewApps reviews)
{
    private const int RunsOfCard = 4;
    public const int PipelinesOfPage = 20;

    /// <summary>Pipelines in order of their names, after one of them (null: from the first), and the name to go on after when there are more.</summary>
    public async ValueTask<(IReadOnlyList<PipelineView> Pipelines, PipelineName? More)> BoardAsync(string? after, CancellationToken cancellationToken)
    {
        List<PipelineState> found = [];
        await foreach (var pipeline in pipelines.ListAsync(cancellationToken))
        {
            if (pipeline.Declared is not { } declared || (after is not null && string.CompareOrdinal(declared.Definition.Name.ToString(), after) <= 0)) continue;
            if (found.Count == PipelinesOfPage) return (await ViewsAsync(found, cancellationToken), found[^1].Declared!.Definition.Name);
            found.Add(pipeline);
        }
        return (await ViewsAsync(found, cancellationToken), null);
    }

    public async ValueTask<PipelineView?> PipelineAsync(PipelineName name, CancellationToken cancellationToken) =>
        await pipelines.GetAsync(name, cancellationToken) is { Declared: not null } found ? (await ViewsAsync([found], cancellationToken))[0] : null;

    public async ValueTask<AppView?> AppAsync(AppName name, int maxRuns, CancellationToken cancellationToken) =>
        await apps.GetAsync(name, cancellationToken) is { Policy: { } policy } app
            ? await ViewAsync(name, app, maxRuns, policy.Proposal is { } key && await reviews.GetAsync(policy.Pipeline, key, cancellationToken) is { } review && review.App == name ? review : null, cancellationToken)
            : null;

    public ValueTask<RunState?> RunAsync(RunId run, CancellationToken cancellationToken) => runs.GetAsync(run, cancellationToken);

    public async ValueTask<IReadOnlyList<Sources.Check>> ChecksAsync(RunState run, CancellationToken cancellationToken) =>
        run.Plan is { Revision: { } revision } plan ? (await pipelines.GetAsync(plan.Policy.Pipeline, cancellationToken))?.ChecksOf(revision.Sha) ?? [] : [];

    /// <summary>All apps are looked at once: those that a declaration has dropped, or that are being removed, must not vanish from sight.</summary>
    private async ValueTask<IReadOnlyList<PipelineView>> ViewsAsync(List<PipelineState> found, CancellationToken cancellationToken)
    {
        var views = found.ToDictionary(p => p.Declared!.Definition.Name, _ => new List<AppView>());
        var proposed = new Dictionary<PipelineName, IReadOnlyList<ReviewApp>>();
        foreach (var pipeline in views.Keys) proposed[pipeline] = await reviews.ListAsync(pipeline, cancellationToken);
        var shown = proposed.Values.SelectMany(r => r).Where(r => r.App is not null).ToLookup(r => r.App!.Value);
        await foreach (var (name, app) in apps.ListAsync(cancellationToken))
        {
            if (app is not { Policy: { } policy, Life: AppLife.Active or AppLife.Destroying } || !views.TryGetValue(policy.Pipeline, out var siblings)) continue;
            siblings.Add(await ViewAsync(name, app, RunsOfCard, shown[name].FirstOrDefault(r => r.Key == policy.Proposal), cancellationToken));
        }
        return [.. found.Select(p => new PipelineView(p.Declared!.Definition.Name, p, views[p.Declared.Definition.Name], proposed[p.Declared.Definition.Name]))];
    }

    private async ValueTask<AppView> ViewAsync(AppName name, AppState app, int maxRuns, ReviewApp? review, CancellationToken cancellationToken)
    {
        var newest = await runs.ListAsync(name, maxRuns, cancellationToken);
        var subject = app.CurrentRelease is { } release ? await SubjectAsync(release, cancellationToken) : null;
        return new(name, app, apps.UrlOf(name), newest, subject, review);
    }

    /// <summary>Only the run that fetched the code knows its first line; a promotion is followed back to where it came from.</summary>
    private async ValueTask<string?> SubjectAsync(Releases.Release release, CancellationToken cancellationToken)
    {
        for (var hops = 0; hops < 4; hops++)
        {
            if (await runs.GetAsync(release.Run, cancellationToken) is { Source.Subject: { } subject }) return subject;
            if (release.Origin is not { } origin || (await apps.GetAsync(origin.From, cancellationToken))?.FindRelease(origin.Release) is not { } earlier) return null;
            release = earlier;
        }
        return null;
    }
}
