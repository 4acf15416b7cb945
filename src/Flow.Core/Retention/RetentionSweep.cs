using Flow.Apps;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Engine;
using Flow.Releases;
using Flow.Runs.Steps;
using Flow.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Retention;

/// <summary>
/// Removes what nothing refers to any more: history past its retention, builds and artifacts that no release needs. Looks at all apps and all
/// builds first; if it cannot, it removes nothing.
/// </summary>
internal sealed partial class RetentionSweep(
    IFlowStore store, IStoreOwnership ownership, FlowMailbox mailbox, Providers providers, IEnumerable<ProviderDescriptor> registered, IOptions<FlowOptions> options, TimeProvider time, ILogger<RetentionSweep> logger)
    : PeriodicWork(ownership, time, Interval)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>A run that has just been given an artifact may not have told its app yet.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    internal override async Task RoundAsync(CancellationToken cancellationToken)
    {
        while (await store.PruneAsync(options.Value.Retention, cancellationToken) > 0) { }

        HashSet<ArtifactDigest> live = [];
        await foreach (var (_, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, whole: true, cancellationToken: cancellationToken))
        {
            live.UnionWith(app.Releases.Where(r => r.State is ReleaseState.Pending or ReleaseState.Succeeded).Select(r => r.Artifact.Digest));
            live.UnionWith(app.Candidates.Where(c => c.Artifact is not null).Select(c => c.Artifact!.Digest));
        }
        var before = Time.GetUtcNow() - Grace;
        HashSet<ArtifactDigest> existing = [];
        await foreach (var (stream, build) in mailbox.ListAsync<BuildState>(BuildDecider.Kind, whole: true, cancellationToken: cancellationToken))
        {
            // An artifact goes only when its build has gone, one sweep later: whoever wants the build in the meantime still gets it whole.
            var needed = build.Wanted.Count > 0 || build.LastWanted > before || (build.Artifact is { } artifact && live.Contains(artifact.Digest));
            if (!needed) await mailbox.PostAsync(stream, new ExpireBuild(before), cancellationToken: cancellationToken);
            if (build.Artifact is { } kept) existing.Add(kept.Digest);
        }
        existing.UnionWith(live);
        foreach (var builder in registered.Where(p => p.Contract == typeof(IBuilder)).Select(p => p.Name))
            if (providers.Get<IBuilder>(builder) is IArtifactRetention keeper) LogPruned(builder, await keeper.PruneAsync(existing, Grace * 2, cancellationToken));
    }

    protected override void CutShort(Exception trouble) => LogTrouble(trouble);

    [LoggerMessage(1190, LogLevel.Information, "Builder {Builder} dropped {Count} artifacts that nothing refers to.")]
    private partial void LogPruned(string builder, int count);

    [LoggerMessage(1191, LogLevel.Warning, "The retention sweep was cut short; it comes round again.")]
    private partial void LogTrouble(Exception trouble);
}
