namespace Flow.Engine;

/// <summary>Said once when the engine starts, before it moves any stream: routes to restore, pipelines to define.</summary>
internal interface IEngineStarter
{
    Task StartAsync(CancellationToken cancellationToken);
}

/// <summary>Starts what has to be started, one after the other; trouble that may pass is no end. How long it may take depends on how much there is; whoever asks the outside limits that.</summary>
internal static class EngineStart
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(IEnumerable<IEngineStarter> starters, TimeProvider time, Action<Exception> trouble, CancellationToken stopping)
    {
        foreach (var starter in starters)
            while (await TryAsync(starter, stopping) is { } passing)
            {
                trouble(passing);
                await Task.Delay(Rest, time, stopping);
            }
    }

    private static async Task<Exception?> TryAsync(IEngineStarter starter, CancellationToken stopping)
    {
        try
        {
            await starter.StartAsync(stopping);
            return null;
        }
        catch (FlowException trouble) when (trouble.Transient)
        {
            return trouble;
        }
        // Nobody here has cancelled anything: an adapter's own time-out.
        catch (OperationCanceledException trouble) when (!stopping.IsCancellationRequested)
        {
            return trouble;
        }
    }
}
