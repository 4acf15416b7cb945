using Flow.Runtimes;

namespace Flow.Testing.Simulation;

/// <summary>A host's own runtime: calls to it are carried as badly as all others, and what must be there is kept in mind.</summary>
internal sealed class CarriedRuntime(Outside outside, SimulatedNode node, IRuntime own) : IRuntime
{
    private const string Stopped = "deployment-stopped";

    public bool IsolatesUntrusted => own.IsolatesUntrusted;

    public ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken) => outside.CallAsync(node, $"deploy {spec.Id}", async () =>
    {
        var late = outside.Stopped.Contains(spec.Id);
        if (!late) outside.Starts(spec);
        var status = await outside.World.AnswerAsync(own.DeployAsync(spec, CancellationToken.None), nameof(own.DeployAsync));
        if (!late) return status;
        if (status.Failure?.Code == Stopped) outside.World.Count(FlowSituations.CallTooLate);
        else outside.World.Violate(FlowInvariants.NoLeak, $"{spec.Id} was stopped, and the runtime started it again instead of answering '{Stopped}'");
        return status;
    }, cancellationToken);

    public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken) => outside.CallAsync(node, $"inspect {id}", async () =>
        outside.Running.ContainsKey(id) && outside.Lies() ? null : await outside.World.AnswerAsync(own.InspectAsync(id, CancellationToken.None), nameof(own.InspectAsync)), cancellationToken);

    public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken) => outside.CallAsync(node, $"run {spec.Id}", async () =>
    {
        outside.Witness.IsGiven(spec.App, spec.Artifact, spec.Environment, $"command {spec.Id}");
        if (!outside.Removed.Contains(spec.Id)) outside.Commands[spec.Id] = CommandState.Working;
        var status = await outside.World.AnswerAsync(own.RunAsync(spec, CancellationToken.None), nameof(own.RunAsync));
        if (!status.IsRunning && outside.Commands.ContainsKey(spec.Id)) outside.Commands[spec.Id] = CommandState.Ended;
        return status;
    }, cancellationToken);

    public async ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken) => await outside.CallAsync(node, $"stop {id}", async () =>
    {
        outside.Stops(id);
        await outside.World.AnswerAsync(own.StopAsync(id, grace, CancellationToken.None), nameof(own.StopAsync));
        return true;
    }, cancellationToken);

    public async ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken) => await outside.CallAsync(node, $"stop command {commandId}", async () =>
    {
        outside.Removed.Add(commandId);
        outside.Commands.Remove(commandId);
        await outside.World.AnswerAsync(own.StopCommandAsync(commandId, grace, CancellationToken.None), nameof(own.StopCommandAsync));
        return true;
    }, cancellationToken);

    public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken) => outside.CallAsync(node, "list deployments", () => outside.World.AnswerAsync(own.ListAsync(CancellationToken.None), nameof(own.ListAsync)), cancellationToken);
}
