using Flow.Storage;
using Microsoft.Extensions.Hosting;

namespace Flow.Engine;

/// <summary>
/// Rounds on a timer, by the engine that owns the store; the first when the interval has passed once. A round that fails is told and ends nothing: the
/// next comes on time.
/// </summary>
internal abstract class PeriodicWork(IStoreOwnership ownership, TimeProvider time, TimeSpan interval) : BackgroundService
{
    protected TimeProvider Time { get; } = time;

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // What goes wrong with it stops the engine, and the host with it; nothing is left to be done here.
        await ownership.WaitForOwnershipAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(interval, Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested) return;
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
            catch (Exception trouble) when (trouble is not OutOfMemoryException)
            {
                CutShort(trouble);
            }
        }
    }

    internal abstract Task RoundAsync(CancellationToken cancellationToken);

    /// <summary>Tells people that a round failed.</summary>
    protected abstract void CutShort(Exception trouble);
}
