using Flow.Apps;
using Flow.Engine;
using Flow.Runs;

namespace Flow.Routing;

/// <summary>Rebuilds the router's table from what is committed, before any stream moves.</summary>
internal sealed class RouteRestorer(FlowMailbox mailbox, IRouter router) : IEngineStarter
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        List<Route> routes = [];
        await foreach (var (_, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, cancellationToken: cancellationToken))
        {
            // Its app has not heard yet, or it is still retiring the old processes: the traffic has been led over.
            if (app.Slot is { } slot && await mailbox.ReadAsync<RunState>(RunDecider.StreamOf(slot), cancellationToken) is { Switched: true, Grant.Deployment: { } deployment } run)
            {
                if (run.Endpoints.Count > 0) routes.Add(new(deployment, run.Endpoints));
            }
            else if (app.CurrentRelease is { Endpoints.Count: > 0 } current) routes.Add(new(current.Deployment, current.Endpoints));
        }
        await router.RestoreAsync(routes, cancellationToken);
    }
}
