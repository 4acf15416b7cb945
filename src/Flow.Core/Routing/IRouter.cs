using Flow.Runtimes;

namespace Flow.Routing;

/// <summary>
/// Leads a stable URL to the processes that serve it. Knows nothing but the table it was last given, and goes on with it while
/// the engine is away.
/// </summary>
public interface IRouter
{
    /// <summary>The stable URL of an app, whether or not it is routed now.</summary>
    Uri UrlOf(AppName app);

    /// <summary>
    /// Puts one app's route in force; returns when new requests follow it. Idempotent. What comes too late (from somebody who lost ownership) is
    /// ignored: a route whose <see cref="Route.Deployment"/> is of an older generation than the one in force, or of the same with an earlier
    /// <see cref="Route.Turn"/>; and one of a generation that was removed.
    /// </summary>
    ValueTask SetAsync(Route route, CancellationToken cancellationToken);

    /// <summary>Takes an app's route away for good: requests are answered 404, until a newer generation comes. Ignored when one is in force. Idempotent.</summary>
    ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the whole table; said once when the engine starts. Routes that are not in it are gone.
    /// </summary>
    ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until no request is in flight to targets that no route names any more, or until the deadline. Returns how many were still in flight.
    /// </summary>
    ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken);
}

/// <summary>Where the traffic of one app goes.</summary>
/// <param name="Deployment">The deployment that serves it.</param>
/// <param name="Targets">Its endpoints; none: requests are answered 503.</param>
/// <param name="Turn">Grows with each change of the app in one generation: not with the deployment's number, because a switch that fails leads back.</param>
public sealed record Route(DeploymentId Deployment, IReadOnlyList<Uri> Targets, long Turn = 0)
{
    /// <summary>Whose route it is.</summary>
    public AppName App => Deployment.App;
}

/// <summary>Optional: the router knows when an app was last visited, so that unused review apps can go.</summary>
public interface IRouterVisits
{
    /// <summary>The last request that reached each app since the router started, UTC; apps without one are missing. To the minute is good enough.</summary>
    ValueTask<IReadOnlyDictionary<AppName, DateTimeOffset>> ListVisitsAsync(CancellationToken cancellationToken);
}
