using Flow.Builds;
using Flow.Engine;
using Flow.Routing;
using Flow.Runtimes;
using Flow.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Apps;

/// <summary>Stops every app, and every build at work, when the host shuts down, if the host wants that.</summary>
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
        await foreach (var (stream, build) in mailbox.ListAsync<BuildState>(BuildDecider.Kind, cancellationToken: cancellationToken))
            if (build is { Started: true, Artifact: null, Order: { } order }) stopping.Add(StopBuildAsync(new(stream.Key, order, build.Attempt), cancellationToken));
        await Task.WhenAll(stopping);
    }

    /// <summary>The next start builds it anew: it is still wanted.</summary>
    private async Task StopBuildAsync(ExecuteBuild build, CancellationToken cancellationToken)
    {
        try
        {
            await providers.Get<IBuilder>(build.Order.Builder).StopAsync(build.BuildId, cancellationToken);
        }
        catch (FlowException trouble)
        {
            LogTrouble(build.BuildId, trouble);
        }
    }

    private async Task StopAsync(AppState app, OwnedResource owned, CancellationToken cancellationToken)
    {
        var id = DeploymentId.Parse(owned.Id);
        try
        {
            await router.SetAsync(new(id, [], app.Turns * 2 + 1), cancellationToken);
        }
        catch (FlowException trouble)
        {
            // A router that has gone already leads nobody anywhere.
            LogTrouble($"the route of {id.App}", trouble);
        }
        try
        {
            await providers.Get<IRuntime>(owned.Provider).StopAsync(id, app.Policy!.StopGrace, cancellationToken);
        }
        catch (FlowException trouble)
        {
            LogTrouble(owned.Id, trouble);
        }
    }

    [LoggerMessage(1180, LogLevel.Warning, "{What} could not be stopped.")]
    private partial void LogTrouble(string what, Exception trouble);
}
