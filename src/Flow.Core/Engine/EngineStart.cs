namespace Flow.Engine;

/// <summary>Said once when the engine starts, before it moves any stream: routes to restore, pipelines to define.</summary>
internal interface IEngineStarter
{
    Task StartAsync(CancellationToken cancellationToken);
}

/// <summary>Starts what has to be started, one after the other; trouble that may pass, or no answer at all, is no end.</summary>
internal static class EngineStart
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task RunAsync(IEnumerable<IEngineStarter> starters, TimeProvider time, Action<Exception> trouble, CancellationToken stopping)
    {
        foreach (var starter in starters)
            while (await TryAsync(starter, time, stopping) is { } passing)
            {
                trouble(passing);
                await Task.Delay(Rest, time, stopping);
            }
    }

    private static async Task<Exception?> TryAsync(IEngineStarter starter, TimeProvider time, CancellationToken stopping)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, deadline.Token);
        try
        {
            await starter.StartAsync(either.Token);
            return null;
        }
        catch (FlowException trouble) when (trouble.Transient)
        {
            return trouble;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            return new TimeoutException($"{starter.GetType().Name} had no answer within {Patience}.");
        }
    }
}
