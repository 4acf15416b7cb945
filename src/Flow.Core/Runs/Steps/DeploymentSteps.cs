using Flow.Apps;
using Flow.Manifests;
using Flow.Routing;
using Flow.Runtimes;

namespace Flow.Runs.Steps;

/// <summary>Starts the new processes beside the old ones. Those that get no traffic wait until the old ones have gone, unless nothing gets traffic.</summary>
internal sealed class DeployStep(Providers providers, AppEnvironment environment, IRouter router, TimeProvider time) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Deploy;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        if (!Isolation.Allows(execution.Artifact.Trust, providers.Get<IRuntime>(execution.Policy.Runtime).IsolatesUntrusted)) return execution.Failed(Isolation.Refusal("runtime", execution.Policy.Runtime));
        foreach (var note in execution.Grant.Notes) await execution.WriteLineAsync(note, cancellationToken);
        var spec = await Specs.OfAsync(execution, environment, cancellationToken);
        var routed = spec.Processes.Where(p => p.Routed).ToList();
        if (execution.Plan.Kind == RunKind.Scale) await LeaveSurplusAsync(execution, spec, cancellationToken);
        else if (routed.Count > 0) spec = spec with { Processes = routed };
        await execution.WriteLineAsync($"Starting {spec.Id}: {string.Join(", ", spec.Processes.Select(p => $"{p.Quantity} x {p.Type}"))}", cancellationToken);
        var status = await Following.Async(() => providers.Get<IRuntime>(execution.Policy.Runtime).DeployAsync(spec, cancellationToken), time, cancellationToken);
        if (status.Failure is { } failure) return execution.Failed(failure);
        await execution.WriteLineAsync("Healthy.", cancellationToken);
        return execution.Done(spec.Id.ToString(), new(Endpoints: status.Value!.Endpoints));
    }

    /// <summary>Before a routed process is stopped, no request must be on its way to it.</summary>
    private async Task LeaveSurplusAsync(StepExecution execution, DeploymentSpec spec, CancellationToken cancellationToken)
    {
        if (await providers.Get<IRuntime>(execution.Policy.Runtime).InspectAsync(spec.Id, cancellationToken) is not { } now) return;
        var kept = now.Processes.Where(p => p is { Running: true, Endpoint: not null } && spec.Processes.Any(s => s.Type == p.Type && p.Index <= s.Quantity)).Select(p => p.Endpoint!).ToList();
        var surplus = now.Endpoints.Except(kept).ToList();
        if (surplus.Count == 0) return;
        await router.SetAsync(new(spec.Id, kept, execution.Grant.Forth), cancellationToken);
        await router.DrainAsync(surplus, execution.Policy.DrainDeadline, cancellationToken);
    }
}

/// <summary>One write: from now on the traffic goes to the new processes.</summary>
internal sealed class SwitchStep(IRouter router) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Switch;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        await router.SetAsync(new(execution.Grant.Deployment!.Value, execution.State.Endpoints, execution.Grant.Forth), cancellationToken);
        if (execution.State.Endpoints.Count == 0) return execution.Done("nothing gets traffic");
        await execution.WriteLineAsync($"{router.UrlOf(execution.Run.App)} leads to {execution.Grant.Deployment}", cancellationToken);
        return execution.Done(router.UrlOf(execution.Run.App).ToString());
    }
}

/// <summary>The old processes finish what they have begun and go; then those start that get no traffic.</summary>
internal sealed class RetireStep(Providers providers, AppEnvironment environment, IRouter router, TimeProvider time) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Retire;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var runtime = providers.Get<IRuntime>(execution.Policy.Runtime);
        var note = "";
        if (execution.Grant.Previous is { } previous)
        {
            var left = await router.DrainAsync(execution.Grant.PreviousEndpoints, execution.Policy.DrainDeadline, cancellationToken);
            if (left > 0) note = $"{left} requests were cut after {execution.Policy.DrainDeadline.TotalSeconds:0} s. ";
            await runtime.StopAsync(previous, execution.Policy.StopGrace, cancellationToken);
            await execution.WriteLineAsync($"{note}{previous} is stopped.", cancellationToken);
        }
        var spec = await Specs.OfAsync(execution, environment, cancellationToken);
        if (spec.Processes.All(p => p.Routed) || spec.Processes.All(p => !p.Routed)) return execution.Done(note);

        // The release serves already: a worker that does not stay up is told, and started again and again by the runtime.
        var status = await Following.Async(() => runtime.DeployAsync(spec, cancellationToken), time, cancellationToken);
        if (status.Failure is not { } failure) return execution.Done(note);
        await execution.WriteLineAsync(failure.Message, cancellationToken);
        return failure.Transient ? execution.Failed(failure) : execution.Done(note + failure.Message);
    }
}

internal static class Specs
{
    public static async Task<DeploymentSpec> OfAsync(StepExecution execution, AppEnvironment environment, CancellationToken cancellationToken)
    {
        var (variables, secrets) = await environment.ResolveAsync(execution, cancellationToken);
        var id = execution.Grant.Deployment!.Value;
        return new()
        {
            Id = id,
            Artifact = execution.Artifact,
            Processes = [.. execution.Artifact.ProcessTypes.Where(p => p.Key != ProcessTypes.Release)
                .Select(p => new ProcessSpec(p.Key, p.Value, execution.Grant.Quantities.GetValueOrDefault(p.Key), p.Key == ProcessTypes.Web, Declared(execution, p.Key)?.Health, Declared(execution, p.Key)?.Limits))
                .Where(p => p.Quantity > 0).OrderBy(p => p.Type, StringComparer.Ordinal)],
            Environment = variables,
            Secrets = secrets,
            Health = execution.Policy.Health,
            LogPrefix = RunLogs.OfDeployment(id),
        };
    }

    private static ProcessDeclaration? Declared(StepExecution execution, string type) => execution.Grant.Manifest?.Processes.GetValueOrDefault(type);
}
