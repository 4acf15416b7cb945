using Flow.Apps;
using Flow.Engine;
using Flow.Runs;

namespace Flow.Routing;

/// <summary>Rebuilds the router's table from what is committed, before any stream moves.</summary>
internal sealed class RouteRestorer(FlowMailbox mailbox, IRouter router, TimeProvider time) : IEngineStarter
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        List<Route> routes = [];
        await foreach (var (_, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, where: AppInspector.MayRun, cancellationToken: cancellationToken))
        {
            var run = app.Slot is { } slot ? await mailbox.ReadAsync<RunState>(RunDecider.StreamOf(slot), cancellationToken) : null;
            // What a teardown has removed stays so; and when the traffic was led over, its app may not have heard yet.
            if (run?.Plan?.Kind == RunKind.Destroy) continue;
            if (run is { Switched: true, Grant: { Deployment: { } deployment } grant }) routes.Add(new(deployment, run.Endpoints, grant.Forth));
            else if (app.CurrentRelease is { } current) routes.Add(new(current.Deployment, current.Endpoints, (app.Turns - (app.Slot is null ? 0 : 1)) * 2 + 1));
        }
        await Patience.AskAsync("restore the routes", async token =>
        {
            await router.RestoreAsync(routes, token);
            return routes.Count;
        }, time, cancellationToken);
    }
}
