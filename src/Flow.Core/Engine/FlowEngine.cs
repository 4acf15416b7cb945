using System.Collections.Concurrent;
using Flow.Diagnostics;
using Flow.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Engine;

/// <summary>The embedded host of the pump: claims streams and moves each on its own, as many at once as allowed.</summary>
internal sealed partial class FlowEngine(
    IFlowStore store, IStoreOwnership ownership, StreamPump pump, IEnumerable<IEngineStarter> starters, IOptions<FlowOptions> options, EngineHealth health, TimeProvider time,
    ILogger<FlowEngine> logger) : BackgroundService
{
    private static readonly TimeSpan Trouble = TimeSpan.FromSeconds(1);
    private readonly string node = $"{Environment.MachineName}:{Environment.ProcessId}";
    private readonly ConcurrentDictionary<Claim, Task> active = new();
    private readonly SemaphoreSlim ended = new(0);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            if (!ownership.IsOwner) await StandByAsync(stoppingToken);
            await EngineStart.RunAsync(starters, time, LogTrouble, stoppingToken);
            LogStarted(node);
            while (!stoppingToken.IsCancellationRequested) await RoundAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
        await Task.WhenAll(active.Values);
        LogStopped(node);
    }

    /// <summary>A starter tells the router and the outside what is: only the owner of the store knows.</summary>
    private async Task StandByAsync(CancellationToken stopping)
    {
        LogStandingBy(node, ownership.StandingBy);
        await ownership.WaitForOwnershipAsync(stopping);
    }

    private async Task RoundAsync(CancellationToken stopping)
    {
        try
        {
            var free = options.Value.MaxActiveStreams - active.Count;
            var claims = free > 0 ? await store.ClaimAsync(node, free, StreamPump.Lease, stopping) : [];
            health.Beat();
            foreach (var claim in claims) Start(claim, stopping);
            if (claims.Count == 0) await WaitAsync(free, stopping);
        }
        catch (FlowException trouble)
        {
            LogTrouble(trouble);
            await Task.Delay(Trouble, time, stopping);
        }
    }

    private async Task WaitAsync(int free, CancellationToken stopping)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        waiting.CancelAfter(Trouble);
        // Nothing to claim: until there is something. No room: until a stream has ended.
        var hint = free > 0 ? store.WaitForClaimsAsync(waiting.Token) : ended.WaitAsync(waiting.Token);
        await hint.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.ThrowIfCancellationRequested();
    }

    private void Start(Claim claim, CancellationToken stopping)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        active[claim] = done.Task;
        _ = MoveAsync();

        async Task MoveAsync()
        {
            await Task.Yield();
            try
            {
                await pump.PumpAsync(claim, stopping);
            }
            catch (Exception trouble) when (trouble is not OutOfMemoryException)
            {
                LogTrouble(trouble);
            }
            finally
            {
                active.TryRemove(claim, out _);
                if (ended.CurrentCount == 0) ended.Release();
                done.SetResult();
            }
        }
    }

    [LoggerMessage(1010, LogLevel.Information, "Flow engine started on {Node}.")]
    private partial void LogStarted(string node);

    [LoggerMessage(1011, LogLevel.Information, "Flow engine stopped on {Node}.")]
    private partial void LogStopped(string node);

    [LoggerMessage(1013, LogLevel.Information, "Flow engine on {Node} stands by: {Reason}")]
    private partial void LogStandingBy(string node, string? reason);

    [LoggerMessage(1012, LogLevel.Error, "The engine or its store is in trouble; trying again.")]
    private partial void LogTrouble(Exception trouble);
}
