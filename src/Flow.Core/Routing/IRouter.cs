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
    /// Puts one app's route in force; returns when new requests follow it. Idempotent. A route whose <see cref="Route.Deployment"/> is of an
    /// older generation than the one in force is ignored (a late effect of somebody who lost ownership).
    /// </summary>
    ValueTask SetAsync(Route route, CancellationToken cancellationToken);

    /// <summary>Takes an app's route away: requests are answered 404. Ignored when a newer generation is in force. Idempotent.</summary>
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
/// <param name="Targets">Its endpoints; at least one.</param>
public sealed record Route(DeploymentId Deployment, IReadOnlyList<Uri> Targets)
{
    /// <summary>Whose route it is.</summary>
    public AppName App => Deployment.App;
}
