using Flow.Apps;
using Flow.Engine;

namespace Flow.Routing;

/// <summary>Rebuilds the router's table from what is committed, before any stream moves.</summary>
internal sealed class RouteRestorer(FlowMailbox mailbox, IRouter router) : IEngineStarter
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        List<Route> routes = [];
        await foreach (var (_, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, cancellationToken))
            if (app.CurrentRelease is { Endpoints.Count: > 0 } current) routes.Add(new(current.Deployment, current.Endpoints));
        await router.RestoreAsync(routes, cancellationToken);
    }
}
