using Flow.AddOns;
using Flow.Apps;

namespace Flow.Runs.Steps;

/// <summary>New credentials for one of the app's add-ons. After a crash they are replaced once more: nobody has seen the ones between.</summary>
internal sealed class RotateStep(Providers providers) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Rotate;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var name = execution.Plan.AddOn!;
        if (execution.Grant.Ledger.FirstOrDefault(r => r.Kind == ResourceKind.AddOn && r.Name == name) is not { } resource) return execution.Failed(new("addon-unknown", $"the app has no add-on '{name}'"));
        if (providers.Get<IAddOnProvisioner>(resource.Provider) is not IAddOnRotation able) return execution.Failed(new("addon-not-rotatable", $"provider '{resource.Provider}' cannot replace credentials"));
        await able.RotateAsync(resource.Id, cancellationToken);
        await execution.WriteLineAsync($"Add-on {name} has new credentials.", cancellationToken);
        return execution.Done(resource.Id);
    }
}
