using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Flow.AddOns;
using Flow.Apps;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Engine;
using Flow.Gates;
using Flow.Reporting;
using Flow.Runs.Steps;
using Flow.Runtimes;
using Flow.Sources;
using Microsoft.Extensions.Options;

namespace Flow.Pipelines;

internal sealed class PipelineService(FlowMailbox mailbox, Runs.RunExplainer explainer, IEnumerable<ProviderDescriptor> providers, IEnumerable<HostStep> steps, IOptions<FlowOptions> options, IServiceProvider services)
    : IPipelines, IChecks
{
    private const int LongestCheckName = 200;

    public ValueTask<Answer> DeclareAsync(PipelineDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var errors = PipelineValidator.Validate(definition, providers);
        return errors.Count > 0
            ? ValueTask.FromResult(Answer.Refused("pipeline-invalid", string.Join(' ', errors)))
            : mailbox.AskAsync(PipelineDecider.StreamOf(definition.Name), new DeclarePipeline(Resolve(definition)), cancellationToken: cancellationToken);
    }

    /// <summary>For declarations that start-up has validated; nobody waits for the answer.</summary>
    internal ValueTask PostAsync(PipelineDefinition definition, CancellationToken cancellationToken) =>
        mailbox.PostAsync(PipelineDecider.StreamOf(definition.Name), new DeclarePipeline(Resolve(definition)), cancellationToken: cancellationToken);

    public ValueTask<PipelineState?> GetAsync(PipelineName pipeline, CancellationToken cancellationToken = default) =>
        mailbox.ReadAsync<PipelineState>(PipelineDecider.StreamOf(pipeline), cancellationToken);

    public async IAsyncEnumerable<PipelineState> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var (_, state) in mailbox.ListAsync<PipelineState>(PipelineDecider.Kind, cancellationToken: cancellationToken)) yield return state;
    }

    public ValueTask<IReadOnlyList<Runs.Explanation>> ExplainAsync(PipelineName pipeline, CancellationToken cancellationToken = default) => explainer.ExplainAsync(pipeline, cancellationToken);

    public ValueTask LookAsync(PipelineName pipeline, CancellationToken cancellationToken = default) =>
        mailbox.PostAsync(PipelineDecider.StreamOf(pipeline), new LookNow(), cancellationToken: cancellationToken);

    public ValueTask<Answer> DeployAsync(PipelineName pipeline, AppName app, CommitSha? commit, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new DeployHead(app, commit, by), requestKey, cancellationToken);

    public ValueTask<Answer> ApproveCommitAsync(PipelineName pipeline, CommitSha commit, string by, CancellationToken cancellationToken = default) =>
        mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new ApproveCommit(commit, by), cancellationToken: cancellationToken);

    public ValueTask<Answer> ConfirmClosingsAsync(PipelineName pipeline, string by, CancellationToken cancellationToken = default) =>
        mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new ConfirmClosings(by), cancellationToken: cancellationToken);

    public ValueTask<Answer> ReportAsync(PipelineName pipeline, CommitSha commit, Check check, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(check);
        if (string.IsNullOrWhiteSpace(check.Name) || check.Name.Length > LongestCheckName)
            return ValueTask.FromResult(Answer.Refused("check-invalid", $"A check's name has 1 to {LongestCheckName} characters."));
        if (check.Url is { } url && (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https")))
            return ValueTask.FromResult(Answer.Refused("check-invalid", "A check's URL is absolute and http or https."));
        return mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new ReportCheck(commit, check), cancellationToken: cancellationToken);
    }

    public ValueTask<Answer> SetStageConfigAsync(
        PipelineName pipeline, Stage stage, IReadOnlyDictionary<string, ConfigVar?> changes, string by, string? requestKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        if (stage is not (Stage.Review or Stage.Test)) return ValueTask.FromResult(Answer.Refused("stage-invalid", $"{stage} apps have config of their own: set it with IApps.SetConfigAsync. Here are review and test."));
        var wrong = SealedConfig.Seal(changes, name => Secrets.ConfigSecrets.StagePurpose(pipeline, stage, name), ConfigOrigin.Stage, services.GetService(typeof(Secrets.ISecretProtector)) as Secrets.ISecretProtector, out var values);
        return wrong is not null ? ValueTask.FromResult(Answer.Refused("config-invalid", wrong))
            : mailbox.AskAsync(PipelineDecider.StreamOf(pipeline), new ChangeStageConfig(stage, values, by), requestKey, cancellationToken);
    }

    public async ValueTask<StageConfigView?> GetStageConfigAsync(PipelineName pipeline, Stage stage, CancellationToken cancellationToken = default)
    {
        var state = await GetAsync(pipeline, cancellationToken);
        return (stage switch { Stage.Review => state?.ReviewConfig, Stage.Test => state?.TestConfig, _ => null }) is { } config
            ? new(config.Version, config.By, config.At, config.Values.ToDictionary(v => v.Key, v => v.Value.Plain)) : null;
    }

    internal ResolvedPipeline Resolve(PipelineDefinition definition)
    {
        var isolates = Provider<IBuilder>(definition.Builder).IsolatesUntrusted && Provider<IRuntime>(definition.Runtime).IsolatesUntrusted;
        var resolved = new ResolvedPipeline(definition, [.. steps], [.. providers.Where(p => p.Contract == typeof(IStatusReporter)).Select(p => p.Name).Order(StringComparer.Ordinal)], isolates, options.Value.ReleasesKept, options.Value.Retention, "");
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(resolved, FlowJson.Default.ResolvedPipeline)))[..32];
        return resolved with { Fingerprint = fingerprint };
    }

    private T Provider<T>(string name) where T : class => new Runs.Steps.Providers(services).Get<T>(name);
}
