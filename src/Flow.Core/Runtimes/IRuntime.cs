namespace Flow.Runtimes;

/// <summary>
/// Runs apps and one-off commands. Every id is chosen by the engine before anything is created, and means the same thing for ever:
/// asked again, a runtime finds what it started under that id.
/// </summary>
/// <remarks>
/// Registered under a name. Thread-safe. What an app does wrong (exits, never becomes healthy) is data; exceptions are for the runtime's own trouble.
/// Processes outlive the engine: they run under something that goes on while the host restarts.
/// An id that was stopped never starts again while the engine that stopped it lives: a <see cref="DeployAsync"/> that comes too late is the permanent failure
/// <c>deployment-stopped</c>. Only a host that stopped its apps because it shut down asks for the same ids once more, after its next start.
/// </remarks>
public interface IRuntime
{
    /// <summary>Whether code that nobody vouches for may run: true only when it can reach neither the host nor other apps.</summary>
    bool IsolatesUntrusted { get; }

    /// <summary>
    /// Makes the deployment look like the specification: starts what is missing, stops what is too many, and follows it until every process
    /// runs and every routed one answers its health check. Never touches another deployment. Failed: names the process, what it answered or
    /// its exit code, and the last lines of its output; what was started keeps running until <see cref="StopAsync"/>.
    /// </summary>
    ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken);

    /// <summary>What is there now; null when nothing of that deployment is.</summary>
    ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken);

    /// <summary>Runs a command to its end with an app's artifact and environment: release phase, scripts, one-off processes.</summary>
    ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken);

    /// <summary>
    /// Stops everything of a deployment: asks politely, and after <paramref name="grace"/> kills every descendant. Returns when nothing is left,
    /// its files included. Unknown ids are no error.
    /// </summary>
    ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>The same for a command.</summary>
    ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>All deployments that this runtime holds, running or not, by exact owner label.</summary>
    ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>Optional: the runtime keeps processes within <see cref="ProcessSpec.Limits"/>. Without it, runs say that declared limits are not kept.</summary>
public interface IRuntimeLimits
{
    /// <summary>Why these limits cannot be kept, for a person; null when they are.</summary>
    string? ProblemOf(ProcessLimits limits);
}
