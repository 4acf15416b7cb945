namespace Flow.Routing.Yarp.Proxying;

/// <summary>
/// One endpoint of an app's process, with an exact count of the requests in flight to it. A retired target lets nobody in any more, so once
/// its count is zero it stays zero: that is what makes it safe to stop the process behind it.
/// </summary>
#pragma warning disable CA1001 // The source of cut-offs holds neither a timer nor a wait handle: nothing to dispose of.
internal sealed class RoutedTarget(Uri address)
#pragma warning restore CA1001
{
    private readonly Lock gate = new();
    private TaskCompletionSource? drained;
    private CancellationTokenSource cutOff = new();
    private int inFlight;
    private bool retired;
    private long refusedAt;

    public Uri Address { get; } = address;

    /// <summary>What is put before a request's path and query.</summary>
    public string Prefix { get; } = address.GetLeftPart(UriPartial.Path).TrimEnd('/');

    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>When it last refused a connection, as a timestamp; 0: never, or it answered since.</summary>
    public long RefusedAt
    {
        get => Volatile.Read(ref refusedAt);
        set => Volatile.Write(ref refusedAt, value);
    }

    public bool Retired { get { lock (gate) return retired; } }

    /// <summary>False: retired since the caller read its table. Whoever got in must <see cref="Leave"/>, and must stop when <paramref name="cut"/> is cancelled.</summary>
    public bool TryEnter(out CancellationToken cut)
    {
        lock (gate)
        {
            cut = cutOff.Token;
            if (retired) return false;
            inFlight++;
            return true;
        }
    }

    public void Leave()
    {
        lock (gate)
            if (--inFlight == 0) drained?.TrySetResult();
    }

    /// <summary>A route names it (again).</summary>
    public void Revive()
    {
        lock (gate)
        {
            if (!retired) return;
            retired = false;
            // Nobody waits for what is in use again.
            drained?.TrySetResult();
            drained = null;
            if (cutOff.Token.IsCancellationRequested) cutOff = new();
        }
    }

    /// <summary>No route names it any more. True when nothing is in flight to it.</summary>
    public bool Retire()
    {
        lock (gate)
        {
            retired = true;
            return inFlight == 0;
        }
    }

    /// <summary>Completes when nothing is in flight to the retired target, or when it was revived.</summary>
    public Task WhenDrained()
    {
        lock (gate)
        {
            if (!retired || inFlight == 0) return Task.CompletedTask;
            return (drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Ends what is still in flight to a retired target; returns how much that was.</summary>
    public async ValueTask<int> CutAsync()
    {
        CancellationTokenSource ending;
        int left;
        lock (gate)
        {
            if (!retired || inFlight == 0) return 0;
            left = inFlight;
            ending = cutOff;
        }
        await ending.CancelAsync().ConfigureAwait(false);
        return left;
    }
}
