using Flow.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Flow.Diagnostics;

/// <summary>When the engine's loop last came round.</summary>
internal sealed class EngineHealth(TimeProvider time)
{
    private long beat;

    public void Beat() => Interlocked.Exchange(ref beat, time.GetTimestamp());

    public TimeSpan? Age => Interlocked.Read(ref beat) is var at and not 0 ? time.GetElapsedTime(at) : null;
}

/// <summary>Healthy when the store answers and the engine's loop comes round; degraded while the engine stands by for the owner of the store.</summary>
internal sealed class FlowHealthCheck(EngineHealth engine, IFlowStore store, IStoreOwnership ownership) : IHealthCheck
{
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (ownership.StandingBy is { } reason) return HealthCheckResult.Degraded($"Standing by: {reason}");
        try
        {
            var events = await store.CountEventsAsync(cancellationToken);
            return engine.Age is not { } age ? HealthCheckResult.Degraded("The engine has not come round yet.")
                : age > Late ? HealthCheckResult.Unhealthy($"The engine came round {age.TotalSeconds:N0} s ago.")
                : HealthCheckResult.Healthy($"The store holds {events} events.");
        }
        catch (FlowException trouble)
        {
            return HealthCheckResult.Unhealthy(trouble.Message, trouble);
        }
    }
}
