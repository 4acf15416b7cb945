using Flow.Apps;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Routing;
using Flow.Storage;
using Microsoft.Extensions.Logging;

namespace Flow.ReviewApps;

/// <summary>
/// Every few minutes: who was visited, and is anything unused? And what is left of apps that are being torn down: one whose end nobody told of must
/// not take up room for ever.
/// </summary>
internal sealed partial class ReviewAppWatch(FlowMailbox mailbox, IRouter router, IStoreOwnership ownership, TimeProvider time, ILogger<ReviewAppWatch> logger)
    : PeriodicWork(ownership, time, Interval)
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>Until then, what the app is told may be on its way.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMinutes(1);

    internal override async Task RoundAsync(CancellationToken cancellationToken)
    {
        var visits = await VisitsAsync(cancellationToken);
        await foreach (var (stream, pipeline) in mailbox.ListAsync<PipelineState>(PipelineDecider.Kind, cancellationToken: cancellationToken))
        {
            if (pipeline.Declared is not { Definition: { } definition }) continue;
            foreach (var teardown in pipeline.Teardowns.Values)
                if (Time.GetUtcNow() - teardown.Since >= OnItsWay && await IsOverAsync(pipeline, teardown, cancellationToken))
                    await mailbox.PostAsync(stream, new ReviewAppGone(teardown.Key, teardown.App, Read: true, teardown.SeenUntil), cancellationToken: cancellationToken);
            // Also without a visit: time alone makes an app unused.
            if (definition.ReviewApps?.StaleAfter is { } patience && pipeline.Proposals.Values.Any(p => p.App is not null))
                await mailbox.PostAsync(stream, new JudgeReviewApps(News(pipeline, visits, patience)), cancellationToken: cancellationToken);
        }
    }

    /// <summary>A router that cannot say it makes nothing older: an app is then judged by what is known.</summary>
    private async Task<IReadOnlyDictionary<AppName, DateTimeOffset>> VisitsAsync(CancellationToken cancellationToken)
    {
        if (router is not IRouterVisits known) return new Dictionary<AppName, DateTimeOffset>();
        try
        {
            return await known.ListVisitsAsync(cancellationToken);
        }
        catch (FlowException trouble)
        {
            LogBlind(trouble);
            return new Dictionary<AppName, DateTimeOffset>();
        }
    }

    /// <summary>What makes a difference: a busy app is no commit every few minutes.</summary>
    internal static List<ReviewAppVisit> News(PipelineState pipeline, IReadOnlyDictionary<AppName, DateTimeOffset> visits, TimeSpan patience) =>
        [.. pipeline.Proposals.Values.Where(p => p.App is { } app && visits.TryGetValue(app, out var at) && !(at - p.ActiveAt < patience / 50)).Select(p => new ReviewAppVisit(p.App!.Value, visits[p.App.Value]))];

    private async Task<bool> IsOverAsync(PipelineState pipeline, ReviewAppTeardown teardown, CancellationToken cancellationToken)
    {
        if (await mailbox.ReadAsync<AppState>(AppDecider.StreamOf(teardown.App), cancellationToken) is not { Policy: { } policy } app) return true;
        if (policy.Pipeline != pipeline.Declared!.Definition.Name || policy.Proposal != teardown.Key) return true;
        // Alive although it was told to go: it came back.
        return app.Life is AppLife.None or AppLife.Destroyed || (app.Life == AppLife.Active && pipeline.Proposals.GetValueOrDefault(teardown.Key)?.App == teardown.App);
    }

    protected override void CutShort(Exception trouble) => LogTrouble(trouble);

    [LoggerMessage(1200, LogLevel.Warning, "The router does not say which apps were visited; review apps are judged without it.")]
    private partial void LogBlind(Exception trouble);

    [LoggerMessage(1201, LogLevel.Warning, "The watch over review apps was cut short; it comes round again.")]
    private partial void LogTrouble(Exception trouble);
}
