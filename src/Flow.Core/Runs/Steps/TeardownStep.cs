using Flow.AddOns;
using Flow.Apps;
using Flow.Logs;
using Flow.Routing;
using Flow.Runtimes;

namespace Flow.Runs.Steps;

/// <summary>Walks the ledger in reverse. "Already gone" is success; anything else is tried again for ever, visibly.</summary>
internal sealed class TeardownStep(Providers providers, IRouter router, ILogStore logs) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Teardown;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        foreach (var resource in execution.Grant.Ledger.Reverse())
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

    private ValueTask RemoveAsync(StepExecution execution, OwnedResource resource, CancellationToken cancellationToken) => resource.Kind switch
    {
        ResourceKind.Route => router.RemoveAsync(execution.Run.App, execution.Grant.Generation, cancellationToken),
        ResourceKind.Deployment => providers.Get<IRuntime>(resource.Provider).StopAsync(DeploymentId.Parse(resource.Id), execution.Policy.StopGrace, cancellationToken),
        _ => providers.Get<IAddOnProvisioner>(resource.Provider).DeprovisionAsync(resource.Id, cancellationToken),
    };
}
