namespace Flow.Storage;

/// <summary>Who waits for events and for answers in a store that lives in one process.</summary>
internal sealed class ChangeSignals(StoreGate gate)
{
    private sealed class AnswerSignal(StoreGate gate)
    {
        public StoreGate.Signal Signal { get; } = new(gate);
        public int Waiters { get; set; }
    }

    private readonly StoreGate.Signal events = new(gate);
    private readonly Dictionary<string, AnswerSignal> answers = new(StringComparer.Ordinal);

    /// <summary>Position of the newest event ever committed.</summary>
    public long LastPosition { get; private set; }

    public void EventsArrived(long lastPosition)
    {
        using var turn = gate.Enter();
        LastPosition = lastPosition;
        events.Raise();
    }

    public void Answered(string key)
    {
        using var turn = gate.Enter();
        if (answers.Remove(key, out var answer)) answer.Signal.Raise();
    }

    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        Task next;
        using (gate.Enter())
        {
            if (LastPosition > afterPosition) return Task.CompletedTask;
            next = events.Next;
        }
        return next.WaitAsync(cancellationToken);
    }

    /// <param name="key">The key.</param>
    /// <param name="answered">Looked at only after the wait was registered, so that no answer falls between.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitForAnswerAsync(string key, Func<bool> answered, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        AnswerSignal? answer;
        Task next;
        using (gate.Enter())
        {
            if (!answers.TryGetValue(key, out answer)) answers[key] = answer = new(gate);
            answer.Waiters++;
            next = answer.Signal.Next;
        }
        try
        {
            if (!answered()) await next.WaitAsync(cancellationToken);
        }
        finally
        {
            using (gate.Enter())
                if (--answer.Waiters == 0 && answers.TryGetValue(key, out var waited) && waited == answer) answers.Remove(key);
        }
    }
}
