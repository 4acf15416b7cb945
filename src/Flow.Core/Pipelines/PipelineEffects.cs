using Flow.Engine;
using Flow.Runs.Steps;
using Flow.Sources;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Timeout;

namespace Flow.Pipelines;

/// <summary>Looks at repositories. A look that fails concludes nothing.</summary>
internal sealed partial class PipelineEffects(Providers providers, TimeProvider time, ILogger<PipelineEffects> logger) : IEffectPerformer<PipelineState>
{
    private readonly ResiliencePipeline patience = new ResiliencePipelineBuilder { TimeProvider = time }.AddTimeout(TimeSpan.FromMinutes(2)).Build();

    public async Task<Input> PerformAsync(EffectContext context, PipelineState state, Effect effect, CancellationToken unwanted)
    {
        var look = (LookAtSource)effect;
        var definition = state.Declared!.Definition;
        try
        {
            var provider = providers.Get<ISourceProvider>(definition.Source);
            return new Looked(look.Look, await patience.ExecuteAsync(token => provider.ListAsync(definition.Repository, token), unwanted));
        }
        catch (FlowException trouble)
        {
            LogTrouble(definition.Name, trouble.Message);
            return new LookFailed(look.Look, trouble.ToFailure());
        }
        catch (TimeoutRejectedException)
        {
            return new LookFailed(look.Look, new("source-timeout", $"{definition.Repository.Url} did not answer in time.", Transient: true));
        }
        catch (Exception bug) when (bug is not (OutOfMemoryException or OperationCanceledException))
        {
            LogBug(definition.Name, bug);
            return new LookFailed(look.Look, new("source-threw", $"{bug.GetType().Name} in source provider '{definition.Source}'; the host's log has the details.", Transient: true));
        }
    }

    [LoggerMessage(1140, LogLevel.Warning, "Pipeline {Pipeline} could not look at its repository: {Reason}")]
    private partial void LogTrouble(PipelineName pipeline, string reason);

    [LoggerMessage(1141, LogLevel.Error, "Pipeline {Pipeline}: its source provider threw.")]
    private partial void LogBug(PipelineName pipeline, Exception bug);
}
