using Flow.Engine;
using Flow.Routing;
using Flow.Runtimes;
using Flow.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Apps;

/// <summary>At each start: whatever should run is looked at, and started again if it does not (the machine was restarted).</summary>
internal sealed class AppInspector(FlowMailbox mailbox) : IEngineStarter
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await foreach (var (stream, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, cancellationToken: cancellationToken))
            if (app.Life == AppLife.Active && (app.Current is not null || app.Slot is not null)) await mailbox.PostAsync(stream, new InspectApp(), cancellationToken: cancellationToken);
    }
}

/// <summary>Stops every app when the host shuts down, if the host wants that.</summary>
internal sealed partial class AppStopper(
    FlowMailbox mailbox, IStoreOwnership ownership, Runs.Steps.Providers providers, IRouter router, IOptions<FlowOptions> options, ILogger<AppStopper> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // A host that only stood by has no apps: they are the owner's.
        if (!options.Value.StopAppsOnShutdown || !ownership.IsOwner) return;
        List<Task> stopping = [];
        await foreach (var (_, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, cancellationToken: cancellationToken))
            foreach (var owned in app.Ledger.Where(r => r.Kind == ResourceKind.Deployment))
                stopping.Add(StopAsync(app, owned, cancellationToken));
        await Task.WhenAll(stopping);
    }

    private async Task StopAsync(AppState app, OwnedResource owned, CancellationToken cancellationToken)
    {
        try
        {
            var id = DeploymentId.Parse(owned.Id);
            await router.SetAsync(new(id, [], app.Turns * 2 + 1), cancellationToken);
            await providers.Get<IRuntime>(owned.Provider).StopAsync(id, app.Policy!.StopGrace, cancellationToken);
        }
        catch (FlowException trouble)
        {
            LogTrouble(owned.Id, trouble);
        }
    }

    [LoggerMessage(1180, LogLevel.Warning, "{Deployment} could not be stopped.")]
    private partial void LogTrouble(string deployment, Exception trouble);
}
