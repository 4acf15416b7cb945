namespace Flow.Storage;

/// <summary>
/// The one lock of a store that lives in one process. Waiters that became ready inside a turn are let go when it is over, outside the lock:
/// what they do next may call the store again.
/// </summary>
internal sealed class StoreGate(TaskCreationOptions waiters)
{
    private readonly Lock gate = new();
    private List<TaskCompletionSource>? ready;
    private int depth;

    public Turn Enter()
    {
        gate.Enter();
        depth++;
        return new(this);
    }

    private void Leave()
    {
        List<TaskCompletionSource>? free = null;
        if (--depth == 0) (free, ready) = (ready, null);
        gate.Exit();
        if (free is null) return;
        foreach (var waiter in free) waiter.TrySetResult();
    }

    /// <summary>A turn may be taken again inside itself.</summary>
    internal readonly ref struct Turn(StoreGate gate)
    {
        public void Dispose() => gate.Leave();
    }

    /// <summary>What any number of callers wait for together. To be used inside a turn.</summary>
    internal sealed class Signal(StoreGate gate)
    {
        private TaskCompletionSource? waiter;

        public bool Awaited => waiter is not null;

        public Task Next => (waiter ??= new(gate.Waiters)).Task;

        public void Raise()
        {
            if (waiter is null) return;
            (gate.ready ??= []).Add(waiter);
            waiter = null;
        }
    }

    private TaskCreationOptions Waiters { get; } = waiters;
}
