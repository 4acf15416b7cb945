using Flow.Apps;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Routing;
using Flow.Runs;
using Flow.Secrets;

namespace Flow.ReviewApps;

internal sealed class ReviewAppService(FlowMailbox mailbox, IRouter router, ISecretProtector? protector = null) : IReviewApps
{
    /// <summary>So many are read one by one; for more it is cheaper to go through all apps once.</summary>
    private const int Few = 50;
    private const int LongestBranch = 200;
    private static readonly Dictionary<string, ConfigVar> NoConfig = [];

    public async ValueTask<IReadOnlyList<ReviewApp>> ListAsync(PipelineName pipeline, CancellationToken cancellationToken = default)
    {
        if (await ReadAsync(pipeline, cancellationToken) is not { } state) return [];
        return await ViewsAsync(state, ReviewAppViews.KeysOf(state), cancellationToken);
    }

    public async ValueTask<ReviewApp?> GetAsync(PipelineName pipeline, string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (await ReadAsync(pipeline, cancellationToken) is not { } state || !ReviewAppViews.KeysOf(state).Contains(key)) return null;
        return (await ViewsAsync(state, [key], cancellationToken))[0];
    }

    public async ValueTask<Answer> CreateAsync(PipelineName pipeline, string key, IReadOnlyDictionary<string, ConfigVar>? config, string by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        if (await ReadAsync(pipeline, cancellationToken) is not { } state) return Unknown(pipeline);
        if (!TryName(state, key, out var app, out var problem)) return Answer.Refused("review-app-unnamed", problem);
        return Seal(app, config, out var values) is { } wrong ? Answer.Refused("config-invalid", wrong)
            : await mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new WantReviewApp(key, app, values, by), cancellationToken: cancellationToken);
    }

    public async ValueTask<Answer> CreateForBranchAsync(PipelineName pipeline, string branch, IReadOnlyDictionary<string, ConfigVar>? config, string by, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        if (string.IsNullOrWhiteSpace(branch) || branch.Length > LongestBranch || branch.Any(char.IsControl)) return Answer.Refused("branch-invalid", $"A branch's name has 1 to {LongestBranch} characters, and none that acts on a terminal.");
        if (await ReadAsync(pipeline, cancellationToken) is not { } state) return Unknown(pipeline);
        var key = BranchKey.In(state, branch);
        if (!TryName(state, key, out var app, out var problem)) return Answer.Refused("review-app-unnamed", problem);
        return Seal(app, config, out var values) is { } wrong ? Answer.Refused("config-invalid", wrong)
            : await mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new WantBranchApp(key, branch, app, values, by), cancellationToken: cancellationToken);
    }

    public ValueTask<Answer> DestroyAsync(PipelineName pipeline, string key, string by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        return mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new DismissReviewApp(key, by), cancellationToken: cancellationToken);
    }

    public ValueTask<Answer> PinAsync(PipelineName pipeline, string key, bool pinned, string by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        return mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new PinReviewApp(key, pinned, by), cancellationToken: cancellationToken);
    }

    private async ValueTask<PipelineState?> ReadAsync(PipelineName pipeline, CancellationToken cancellationToken) =>
        await mailbox.ReadAsync<PipelineState>(PipelineDecider.StreamOf(pipeline), cancellationToken) is { Declared: not null } state ? state : null;

    private static Answer Unknown(PipelineName pipeline) => Answer.Refused("pipeline-unknown", $"There is no pipeline {pipeline}.");

    private static bool TryName(PipelineState state, string key, out AppName app, out string problem)
    {
        (app, problem) = (state.Proposals.GetValueOrDefault(key)?.App ?? default, "");
        return app != default || ReviewAdmission.TryName(state.Declared!.Definition, key, out app, out problem);
    }

    private string? Seal(AppName app, IReadOnlyDictionary<string, ConfigVar>? config, out IReadOnlyDictionary<string, ConfigValue>? values)
    {
        var problem = SealedConfig.Seal((config ?? NoConfig).ToDictionary(c => c.Key, c => (ConfigVar?)c.Value), name => ConfigSecrets.Purpose(app, name), ConfigOrigin.Person, protector, out var made);
        values = config is null ? null : made.ToDictionary(v => v.Key, v => v.Value!);
        return problem;
    }

    private async ValueTask<IReadOnlyList<ReviewApp>> ViewsAsync(PipelineState state, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        var pipeline = state.Declared!.Definition.Name;
        var views = new ReviewAppViews(state, router.UrlOf);
        var apps = await AppsAsync(pipeline, [.. keys.Select(views.AppOf).OfType<AppName>()], cancellationToken);
        List<ReviewApp> found = [];
        foreach (var key in keys)
        {
            var app = views.AppOf(key) is { } name ? apps.GetValueOrDefault(name) : null;
            // Only of what does not stand quietly it is asked what its run says.
            var run = views.RunOf(key, app) is { } id ? await mailbox.ReadAsync<RunState>(RunDecider.StreamOf(id), cancellationToken) : null;
            found.Add(views.Of(key, app, run));
        }
        return found;
    }

    private async ValueTask<Dictionary<AppName, AppState>> AppsAsync(PipelineName pipeline, HashSet<AppName> names, CancellationToken cancellationToken)
    {
        Dictionary<AppName, AppState> apps = [];
        if (names.Count <= Few)
        {
            foreach (var name in names)
                if (await mailbox.ReadAsync<AppState>(AppDecider.StreamOf(name), cancellationToken) is { } app) apps[name] = app;
            return apps;
        }
        // Apps of other pipelines are not even read; one that has one of these names all the same is told of as missing.
        var mark = System.Text.Encoding.UTF8.GetBytes($"\"pipeline\":\"{pipeline}\"");
        await foreach (var (stream, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, where: json => json.Span.IndexOf(mark) >= 0, cancellationToken: cancellationToken))
            if (AppName.Parse(stream.Key) is var name && names.Contains(name)) apps[name] = app;
        return apps;
    }
}
