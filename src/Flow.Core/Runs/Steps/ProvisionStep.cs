using Flow.AddOns;
using Flow.Apps;

namespace Flow.Runs.Steps;

/// <summary>Makes every add-on exist that the app's ledger intends. Ids are the app's, so a retry finds what an earlier attempt made.</summary>
internal sealed class ProvisionStep(Providers providers, TimeProvider time) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Provision;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var wanted = execution.Grant.Ledger.Where(r => r.Kind == ResourceKind.AddOn).ToList();
        foreach (var resource in wanted)
        {
            // One that has stayed with its provider is not asked for in another's words.
            var wish = execution.Grant.AddOns.FirstOrDefault(a => a.Name == resource.Name && a.Provider.Equals(resource.Provider, StringComparison.OrdinalIgnoreCase));
            var request = new AddOnRequest
            {
                Id = resource.Id,
                Plan = wish?.Plan,
                Options = wish?.Options,
                Purpose = PurposeOf(execution.Policy.Stage),
                App = execution.Run.App,
                Pipeline = execution.Policy.Pipeline,
            };
            var status = await Following.Async(() => providers.Get<IAddOnProvisioner>(resource.Provider).ProvisionAsync(request, cancellationToken), time, cancellationToken);
            if (status.Failure is { } failure) return execution.Failed(failure with { Message = $"add-on {resource.Name} ({resource.Provider}): {failure.Message}" });
            await execution.WriteLineAsync($"Add-on {resource.Name}: {resource.Provider}, plan {status.Value!.Plan}, for {request.Purpose}. {status.Value.Message}", cancellationToken);
        }
        return execution.Done($"{wanted.Count} add-ons");
    }

    private static AddOnPurpose PurposeOf(Stage stage) => stage switch
    {
        Stage.Test => AddOnPurpose.Test,
        Stage.Review => AddOnPurpose.Review,
        Stage.Development => AddOnPurpose.Development,
        Stage.Staging => AddOnPurpose.Staging,
        _ => AddOnPurpose.Production,
    };
}

/// <summary>Asks an adapter again until its long work is done or has failed.</summary>
internal static class Following
{
    public static async Task<WorkStatus<T>> Async<T>(Func<ValueTask<WorkStatus<T>>> ask, TimeProvider time, CancellationToken cancellationToken) where T : class
    {
        while (true)
        {
            var status = await ask();
            if (status.AskAgainIn is not { } delay) return status;
            await PauseAsync(delay, time, cancellationToken);
        }
    }

    /// <summary>When <see cref="Task.Delay(TimeSpan, TimeProvider, CancellationToken)"/> is cancelled, its caller goes on on a foreign thread: a simulation must own every turn.</summary>
    private static async Task PauseAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource();
        await using var alarm = time.CreateTimer(static over => ((TaskCompletionSource)over!).TrySetResult(), over, delay > TimeSpan.Zero ? delay : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await using var cancelled = cancellationToken.Register(static (over, token) => ((TaskCompletionSource)over!).TrySetCanceled(token), over);
        await over.Task;
    }
}
