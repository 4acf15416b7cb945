using Flow.AddOns;
using Flow.AddOns.Pools;
using Flow.Apps;
using Flow.Logs;
using Flow.Routing;
using Flow.Runtimes;

namespace Flow.Runs.Steps;

/// <summary>Walks the ledger in reverse. "Already gone" is success; anything else is tried again for ever, visibly.</summary>
internal sealed class TeardownStep(Providers providers, Func<PoolClaims> pools, IRouter router, ILogStore logs) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Teardown;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        await StopScriptAsync(execution, cancellationToken);
        // Nobody is led to it, then nothing of it works, then its data goes.
        foreach (var resource in execution.Grant.Ledger.Reverse().OrderBy(r => r.Kind switch { ResourceKind.Route => 0, ResourceKind.Deployment => 1, _ => 2 }))
        {
            await execution.WriteLineAsync($"Removing {resource.Kind} {resource.Id}", cancellationToken);
            try
            {
                await RemoveAsync(execution, resource, cancellationToken);
            }
            catch (FlowException trouble)
            {
                return execution.Failed(trouble.ToFailure() with { Message = $"{resource.Kind} {resource.Id}: {trouble.Message}", Transient = true });
            }
        }
        await logs.DeleteAsync(RunLogs.OfApp(execution.Run.App), cancellationToken);
        return execution.Done($"{execution.Grant.Ledger.Count} removed");
    }

    /// <summary>A script that outlived its deadline works on what is about to go.</summary>
    private async Task StopScriptAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        if (execution.State.Find(WellKnownSteps.Predestroy) is not { Failed: true } given) return;
        var step = execution.Plan.Steps.First(s => s.Kind == WellKnownSteps.Predestroy);
        for (var attempt = 1; attempt <= given.Attempt; attempt++)
            await providers.Get<IRuntime>(execution.Policy.Runtime).StopCommandAsync(RunLogs.CommandId(execution.Run, step, attempt), execution.Policy.StopGrace, cancellationToken);
    }

    /// <summary>Also one that was claimed from a pool and not handed over yet.</summary>
    private async ValueTask RemoveAddOnAsync(OwnedResource resource, CancellationToken cancellationToken)
    {
        await pools().AbandonAsync(resource.Id, cancellationToken);
        await providers.Get<IAddOnProvisioner>(resource.Provider).DeprovisionAsync(resource.Id, cancellationToken);
    }

    private ValueTask RemoveAsync(StepExecution execution, OwnedResource resource, CancellationToken cancellationToken) => resource.Kind switch
    {
        ResourceKind.Route => router.RemoveAsync(execution.Run.App, execution.Grant.Generation, cancellationToken),
        ResourceKind.Deployment => providers.Get<IRuntime>(resource.Provider).StopAsync(DeploymentId.Parse(resource.Id), execution.Policy.StopGrace, cancellationToken),
        _ => RemoveAddOnAsync(resource, cancellationToken),
    };
}
