using Flow.Routing;

namespace Flow.Testing.Fakes;

/// <summary>A routing table in memory, with the generation rule of <see cref="IRouter"/>.</summary>
public sealed class FakeRouter : IRouter
{
    private readonly Lock gate = new();

    /// <summary>Routes in force.</summary>
    public Dictionary<AppName, Route> Routes { get; } = [];

    /// <inheritdoc/>
    public Uri UrlOf(AppName app) => new($"http://{app}.localhost/");

    /// <inheritdoc/>
    public ValueTask SetAsync(Route route, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(route);
        lock (gate)
            if (!Routes.TryGetValue(route.App, out var old) || old.Deployment.Generation <= route.Deployment.Generation) Routes[route.App] = route;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken)
    {
        lock (gate)
            if (Routes.TryGetValue(app, out var old) && old.Deployment.Generation <= generation) Routes.Remove(app);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(routes);
        lock (gate)
        {
            Routes.Clear();
            foreach (var route in routes) Routes[route.App] = route;
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken) => ValueTask.FromResult(0);
}
