using Flow.Runtimes;

namespace Flow.Testing.Fakes;

/// <summary>Runs nothing, and remembers what would run.</summary>
public sealed class FakeRuntime : IRuntime
{
    private readonly Lock gate = new();

    /// <summary>What runs now.</summary>
    public Dictionary<DeploymentId, DeploymentSpec> Running { get; } = [];

    /// <summary>Commands that were asked for, by id: each once.</summary>
    public Dictionary<string, CommandSpec> Commands { get; } = [];

    /// <summary>Commands that were stopped.</summary>
    public List<string> StoppedCommands { get; } = [];

    /// <summary>What to answer to a deployment instead of "healthy".</summary>
    public Func<DeploymentSpec, WorkStatus<Deployment>?>? DeployAnswer { get; set; }

    /// <summary>What to answer to a command instead of exit code 0.</summary>
    public Func<CommandSpec, WorkStatus<CommandResult>?>? CommandAnswer { get; set; }

    /// <inheritdoc/>
    public bool IsolatesUntrusted { get; set; }

    /// <inheritdoc/>
    public ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Running[spec.Id] = spec;
            return ValueTask.FromResult(DeployAnswer?.Invoke(spec) ?? WorkStatus<Deployment>.Done(Of(spec)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        lock (gate) return ValueTask.FromResult(Running.TryGetValue(id, out var spec) ? Of(spec) : null);
    }

    /// <inheritdoc/>
    public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Commands[spec.Id] = spec;
            return ValueTask.FromResult(CommandAnswer?.Invoke(spec) ?? WorkStatus<CommandResult>.Done(new(0, false, "")));
        }
    }

    /// <inheritdoc/>
    public ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken)
    {
        lock (gate) Running.Remove(id);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken)
    {
        lock (gate) StoppedCommands.Add(commandId);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken)
    {
        lock (gate) return ValueTask.FromResult<IReadOnlyList<DeploymentId>>([.. Running.Keys]);
    }

    private static Deployment Of(DeploymentSpec spec) => new()
    {
        Id = spec.Id,
        Processes = [.. spec.Processes.SelectMany(p => Enumerable.Range(1, p.Quantity)
            .Select(i => new RunningProcess(p.Type, i, true, p.Routed ? new Uri($"http://127.0.0.1:{10_000 + spec.Id.Number % 500 * 100 + i}/") : null, 0, null)))],
    };
}
