using Flow.Gates;

namespace Flow.Runs.Steps;

internal sealed class GateStep(Providers providers, TimeProvider time) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Gate;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        if (execution.State.Overrides.TryGetValue(execution.Step.Name, out var why))
        {
            await execution.WriteLineAsync($"Overridden by {why}", cancellationToken);
            return execution.Done($"overridden by {why}");
        }
        var name = execution.Step.Name[(WellKnownSteps.Gate.Length + 1)..];
        var answer = await providers.Get<IGate>(name).EvaluateAsync(new()
        {
            Run = execution.Run,
            App = execution.Run.App,
            Pipeline = execution.Policy.Pipeline,
            Repository = execution.Policy.Repository,
            SourceProvider = execution.Policy.Source,
            Stage = execution.Policy.Stage,
            Kind = execution.Plan.Kind,
            Revision = execution.Plan.Revision,
            Artifact = execution.State.Artifact?.Digest,
            Since = execution.State.StepSince,
            Now = time.GetUtcNow(),
            Waited = execution.State.Waited,
            Approvals = execution.State.Approvals,
        }, cancellationToken);
        await execution.WriteLineAsync(answer.Explanation, cancellationToken);
        return answer switch
        {
            { Allows: true } => execution.Done(answer.Explanation),
            { Refuses: true } => execution.Failed(new("gate-refused", answer.Explanation)),
            _ => execution.Wait(answer.Explanation, answer.Owner!, answer.LookAgainIn),
        };
    }
}
