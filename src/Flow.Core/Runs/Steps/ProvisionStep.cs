using Flow.AddOns;
using Flow.AddOns.Pools;
using Flow.Apps;

namespace Flow.Runs.Steps;

/// <summary>Makes every add-on exist that the app's ledger intends, from a warm pool where one keeps such instances. Ids are the app's, so a retry finds what an earlier attempt made.</summary>
internal sealed class ProvisionStep(Providers providers, Func<PoolClaims> pools, TimeProvider time) : IBuiltInStep
{
    /// <summary>So many instances of a pool may prove unfit before one is made.</summary>
    private const int UnfitInARow = 3;

    public string Kind => WellKnownSteps.Provision;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var wanted = execution.Grant.Ledger.Where(r => r.Kind == ResourceKind.AddOn).ToList();
        foreach (var resource in wanted)
        {
            var provider = providers.Get<IAddOnProvisioner>(resource.Provider);
            var request = RequestOf(execution, resource);
            var status = await ClaimAsync(execution, provider, resource, request, cancellationToken)
                ?? await Following.Async(() => provider.ProvisionAsync(request, cancellationToken), time, cancellationToken);
            if (status.Failure is { } failure) return execution.Failed(failure with { Message = $"add-on {resource.Name} ({resource.Provider}): {failure.Message}" });
            await execution.WriteLineAsync($"Add-on {resource.Name}: {resource.Provider}, plan {status.Value!.Plan}, for {request.Purpose}. {status.Value.Message}", cancellationToken);
        }
        return execution.Done($"{wanted.Count} add-ons");
    }

    /// <summary>Null: there is nothing to claim, it is provisioned.</summary>
    private async Task<WorkStatus<AddOnInstance>?> ClaimAsync(StepExecution execution, IAddOnProvisioner provider, OwnedResource resource, AddOnRequest request, CancellationToken cancellationToken)
    {
        if (provider is not IAddOnPooling pooling || await IsThereAsync(provider, request.Id, cancellationToken)) return null;
        // As the pool has provisioned it.
        var plan = request.Plan ?? provider.Catalogue.DefaultFor(request.Purpose).Name;
        request = request with { Plan = plan };
        for (var unfit = 0; unfit < UnfitInARow; unfit++)
        {
            if (await pools().ClaimAsync(resource.Provider, plan, request, cancellationToken) is not { } claim) return null;
            var status = await Following.Async(() => pooling.ClaimAsync(claim.Warm, request, cancellationToken), time, cancellationToken);
            if (status.Failure is { Transient: true }) return status;
            await pools().SettleAsync(claim, request.Id, status.Failure, cancellationToken);
            if (status.Failure is null)
            {
                await execution.WriteLineAsync($"Add-on {resource.Name} comes from pool {claim.Pool}.", cancellationToken);
                return status;
            }
            await execution.WriteLineAsync($"{claim.Warm} of pool {claim.Pool} cannot be handed over: {status.Failure.Message}", cancellationToken);
        }
        return null;
    }

    /// <summary>With each deployment the app's instances are asked for again; they are no claims.</summary>
    private static async Task<bool> IsThereAsync(IAddOnProvisioner provider, string id, CancellationToken cancellationToken)
    {
        try
        {
            await provider.BindAsync(id, cancellationToken);
            return true;
        }
        catch (FlowException missing) when (missing.Code == "addon-missing")
        {
            return false;
        }
    }

    private static AddOnRequest RequestOf(StepExecution execution, OwnedResource resource)
    {
        // One that has stayed with its provider is not asked for in another's words.
        var wish = execution.Grant.AddOns.FirstOrDefault(a => a.Name == resource.Name && a.Provider.Equals(resource.Provider, StringComparison.OrdinalIgnoreCase));
        return new()
        {
            Id = resource.Id,
            Plan = wish?.Plan,
            Options = wish?.Options,
            Seed = wish?.Seed,
            Purpose = AddOnWishes.PurposeOf(execution.Policy.Stage),
            Owner = new(execution.Policy.Pipeline, execution.Run.App, execution.Policy.Proposal),
            ExpectedLifetime = execution.Policy.Stage switch { Stage.Test => TimeSpan.FromHours(1), Stage.Review => TimeSpan.FromDays(7), _ => null },
        };
    }
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
