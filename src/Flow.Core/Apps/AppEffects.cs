using Flow.Engine;
using Flow.Runs.Steps;
using Flow.Runtimes;
using Microsoft.Extensions.Logging;

namespace Flow.Apps;

/// <summary>Looks whether what should run does run.</summary>
internal sealed partial class AppEffects(Providers providers, TimeProvider time, ILogger<AppEffects> logger) : IEffectPerformer<AppState>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task<Input> PerformAsync(EffectContext context, AppState state, Effect effect, CancellationToken unwanted)
    {
        var look = (LookAtDeployment)effect;
        var current = state.CurrentRelease!;
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(unwanted, deadline.Token);
        try
        {
            var found = await providers.Get<IRuntime>(state.Policy!.Runtime).InspectAsync(look.Deployment, either.Token);
            var wanted = current.Artifact.ProcessTypes.Keys.Where(t => t != ProcessTypes.Release).Sum(state.QuantityOf);
            var problem = found is null ? "nothing of it runs" : found.Processes.Count(p => p.Running) < wanted ? "some of its processes are gone" : null;
            return new AppInspected(look.Release, problem is null, found?.Endpoints ?? [], problem);
        }
        catch (Exception trouble) when (trouble is not OutOfMemoryException && !unwanted.IsCancellationRequested)
        {
            // A runtime that is down is no evidence: nothing is concluded, it is looked at again.
            LogTrouble(look.App, trouble);
            return new AppInspected(look.Release, true, current.Endpoints, null, Blind: true);
        }
    }

    [LoggerMessage(1160, LogLevel.Warning, "{App}: its runtime could not be asked.")]
    private partial void LogTrouble(AppName app, Exception trouble);
}
