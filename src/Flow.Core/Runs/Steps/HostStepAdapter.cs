using Flow.Routing;
using Flow.Secrets;

namespace Flow.Runs.Steps;

/// <summary>Executes a host's own step.</summary>
internal sealed class HostStepAdapter(Providers providers, AppEnvironment environment, IRouter router) : IBuiltInStep
{
    public string Kind => Plans.HostKind;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var state = execution.State;
        // A host's step may come by the app's secrets in ways of its own; they must not reach the log.
        var masker = new SecretMasker(await SecretsAsync(execution, cancellationToken));
        var result = await providers.Get<IRunStep>(execution.Step.Name).ExecuteAsync(new()
        {
            Run = execution.Run,
            Kind = execution.Plan.Kind,
            Step = execution.Step.Name,
            Attempt = execution.Attempt,
            IdempotencyKey = $"{execution.Run}/{execution.Step.Name}/{execution.Attempt}",
            App = execution.Run.App,
            Pipeline = execution.Policy.Pipeline,
            Stage = execution.Policy.Stage,
            Revision = execution.Plan.Revision,
            Artifact = state.Artifact,
            Release = state.Grant?.Release,
            Endpoints = state.Endpoints,
            Url = router.UrlOf(execution.Run.App),
            Outputs = state.Done.ToDictionary(d => d.Step, d => d.Output),
            Log = execution.Log,
            WriteLineAsync = line => execution.WriteLineAsync(masker.Apply(line), cancellationToken),
        }, cancellationToken);
        return Input(execution, result);
    }

    /// <summary>Before add-ons are provisioned there is nothing of theirs to hide; and a step does not fail for its masker.</summary>
    private async Task<IReadOnlyCollection<string>> SecretsAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var state = execution.State;
        if (state is not { Grant: not null, Artifact: not null }) return [];
        var provisioned = execution.Plan.Steps.All(s => s.Kind != WellKnownSteps.Provision) || state.Find(WellKnownSteps.Provision) is not null;
        try
        {
            return provisioned ? (await environment.ResolveAsync(execution, cancellationToken)).Secrets : environment.SecretsOfConfig(execution);
        }
        catch (FlowException)
        {
            return environment.SecretsOfConfig(execution);
        }
    }

    private static RunInput Input(StepExecution execution, StepResult result) => result switch
    {
        StepResult.Done done => execution.Done(done.Output.Length <= 65_536 ? done.Output : done.Output[..65_536]),
        StepResult.Wait wait => execution.Wait(wait.For, wait.Owner, wait.LookAgainIn),
        StepResult.Failed failed => execution.Failed(failed.Failure),
        _ => throw new InvalidOperationException($"Step {execution.Step.Name} answered nothing."),
    };
}
