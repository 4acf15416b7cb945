using Flow.Engine;
using Flow.Runs.Steps;
using Microsoft.Extensions.Logging;

namespace Flow.AddOns.Pools;

/// <summary>Makes and destroys instances of pools.</summary>
internal sealed partial class WarmEffects(Providers providers, TimeProvider time, ILogger<WarmEffects> logger) : IEffectPerformer<WarmState>
{
    private static readonly TimeSpan MakingPatience = TimeSpan.FromMinutes(30);

    public async Task<Input> PerformAsync(EffectContext context, WarmState state, Effect effect, CancellationToken unwanted)
    {
        try
        {
            return effect switch
            {
                ProvisionWarm make => await MakeAsync(make.Order, unwanted),
                DeprovisionWarm remove => await Patience.AskAsync<Input>($"destroy {remove.Order.Request.Id}", async token =>
                {
                    await providers.Get<IAddOnProvisioner>(remove.Order.Provider).DeprovisionAsync(remove.Order.Request.Id, token);
                    return new WarmRemoved();
                }, time, unwanted),
                _ => throw new InvalidOperationException($"Nobody does {effect.IdempotencyKey}."),
            };
        }
        catch (FlowException trouble)
        {
            return Failed(effect, trouble.ToFailure());
        }
        catch (Exception bug) when (bug is not OutOfMemoryException && !(bug is OperationCanceledException && unwanted.IsCancellationRequested))
        {
            LogBug(context.Stream, bug);
            return Failed(effect, new("addon-threw", $"{bug.GetType().Name} in the add-on provider; the host's log has the details.", Transient: true));
        }
    }

    private async Task<Input> MakeAsync(WarmOrder order, CancellationToken unwanted)
    {
        using var deadline = new CancellationTokenSource(MakingPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(unwanted, deadline.Token);
        try
        {
            var provider = providers.Get<IAddOnProvisioner>(order.Provider);
            var status = await Following.Async(() => provider.ProvisionAsync(order.Request, either.Token), time, either.Token);
            return status.Failure is { } failure ? new WarmMakingFailed(failure) : new WarmMade();
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !unwanted.IsCancellationRequested)
        {
            return new WarmMakingFailed(new("addon-timeout", $"It was not ready within {MakingPatience.TotalMinutes:0} minutes.", Transient: true));
        }
    }

    private static WarmInput Failed(Effect effect, Failure failure) => effect is ProvisionWarm ? new WarmMakingFailed(failure) : new WarmRemovingFailed(failure);

    [LoggerMessage(1210, LogLevel.Error, "{Instance}: the add-on provider threw.")]
    private partial void LogBug(StreamId instance, Exception bug);
}

/// <summary>A pool does nothing outside by itself.</summary>
internal sealed class PoolEffects : IEffectPerformer<PoolState>
{
    public Task<Input> PerformAsync(EffectContext context, PoolState state, Effect effect, CancellationToken unwanted) => throw new InvalidOperationException($"Nobody does {effect.IdempotencyKey}.");
}
