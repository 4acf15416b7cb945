using Flow.AddOns;
using Flow.Builds;
using Flow.Gates;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Testing.Simulation;

/// <summary>A host's own builder.</summary>
internal sealed class CarriedBuilder(Outside outside, SimulatedNode node, IBuilder own) : IBuilder
{
    public string Version => own.Version;
    public bool IsolatesUntrusted => own.IsolatesUntrusted;

    public ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) => outside.World.AnswerAsync(own.DetectAsync(source, cancellationToken), nameof(own.DetectAsync));

    public ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken) => outside.CallAsync(node, $"build {request.Id}", async () =>
    {
        outside.Builds[request.Id] = !outside.Removed.Contains(request.Id);
        var status = await outside.World.AnswerAsync(own.BuildAsync(request, CancellationToken.None), nameof(own.BuildAsync));
        if (!status.IsRunning) outside.Builds[request.Id] = false;
        return status;
    }, cancellationToken);

    public async ValueTask StopAsync(string buildId, CancellationToken cancellationToken) => await outside.CallAsync(node, $"stop build {buildId}", async () =>
    {
        outside.Witness.BuildIsStopped(buildId);
        outside.Removed.Add(buildId);
        outside.Builds[buildId] = false;
        await outside.World.AnswerAsync(own.StopAsync(buildId, CancellationToken.None), nameof(own.StopAsync));
        return true;
    }, cancellationToken);
}

/// <summary>A host's own add-ons.</summary>
internal sealed class CarriedAddOns(Outside outside, SimulatedNode node, IAddOnProvisioner own) : IAddOnProvisioner
{
    public AddOnCatalogue Catalogue => own.Catalogue;

    public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken) => outside.CallAsync(node, $"provision {request.Id}", async () =>
    {
        var late = outside.Removed.Contains(request.Id);
        if (!late) outside.Provisions(request);
        var status = await outside.World.AnswerAsync(own.ProvisionAsync(request, CancellationToken.None), nameof(own.ProvisionAsync));
        if (!late) return status;
        if (status.Failure is not null) outside.World.Count(FlowSituations.CallTooLate);
        else outside.World.Violate(FlowInvariants.NoLeak, $"{request.Id} was removed, and a late call has made it again");
        return status;
    }, cancellationToken);

    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken) => outside.CallAsync(node, $"bind {id}", async () =>
    {
        var binding = await outside.World.AnswerAsync(own.BindAsync(id, CancellationToken.None), nameof(own.BindAsync));
        foreach (var secret in binding.SecretNames)
            if (binding.Variables.TryGetValue(secret, out var value)) outside.Secrets.Add(value);
        return binding;
    }, cancellationToken);

    public async ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken) => await outside.CallAsync(node, $"remove {id}", async () =>
    {
        outside.Deprovisions(id);
        await outside.World.AnswerAsync(own.DeprovisionAsync(id, CancellationToken.None), nameof(own.DeprovisionAsync));
        return true;
    }, cancellationToken);
}

/// <summary>A host's own gate.</summary>
internal sealed class CarriedGate(Outside outside, SimulatedNode node, IGate own) : IGate
{
    public const string Name = "own";

    public ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken) =>
        outside.CallAsync(node, $"gate of {context.Run}", () => outside.World.AnswerAsync(own.EvaluateAsync(context, CancellationToken.None), nameof(own.EvaluateAsync)), cancellationToken);
}

/// <summary>A host's own step.</summary>
internal sealed class CarriedStep(Outside outside, SimulatedNode node, IRunStep own) : IRunStep
{
    public const string Name = "own";

    public ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken) =>
        outside.CallAsync(node, $"host step {context.IdempotencyKey}", () => outside.World.AnswerAsync(own.ExecuteAsync(context, CancellationToken.None), nameof(own.ExecuteAsync)), cancellationToken);
}
