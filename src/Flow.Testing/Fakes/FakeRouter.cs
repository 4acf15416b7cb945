using Flow.Routing;

namespace Flow.Testing.Fakes;

/// <summary>A routing table in memory, with the rules of <see cref="IRouter"/>.</summary>
public sealed class FakeRouter : IRouter
{
    private readonly Lock gate = new();
    private readonly Dictionary<AppName, int> removed = [];

    /// <summary>Routes in force.</summary>
    public Dictionary<AppName, Route> Routes { get; } = [];

    /// <inheritdoc/>
    public Uri UrlOf(AppName app) => new($"http://{app}.localhost/");

    /// <inheritdoc/>
    public ValueTask SetAsync(Route route, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(route);
        lock (gate)
            if (removed.GetValueOrDefault(route.App) < route.Deployment.Generation
                && (!Routes.TryGetValue(route.App, out var old) || (old.Deployment.Generation, old.Turn).CompareTo((route.Deployment.Generation, route.Turn)) <= 0)) Routes[route.App] = route;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            removed[app] = Math.Max(generation, removed.GetValueOrDefault(app));
            if (Routes.TryGetValue(app, out var old) && old.Deployment.Generation <= generation) Routes.Remove(app);
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(routes);
        lock (gate)
        {
            Routes.Clear();
            removed.Clear();
            foreach (var route in routes) Routes[route.App] = route;
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken) => ValueTask.FromResult(0);
}
