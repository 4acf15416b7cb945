namespace Flow.Storage;

internal sealed partial class SingleProcessQueue
{
    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        Task arrived;
        using (gate.Enter())
        {
            if (Current(claim) is not { } slot || slot.FirstDue <= Now) return Task.CompletedTask;
            arrived = (slot.Arrived ??= new(gate)).Next;
            Tell(slot);
        }
        return arrived.WaitAsync(cancellationToken);
    }

    public Task WaitForClaimsAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        Task some;
        using (gate.Enter())
        {
            var next = ready.Min?.ReadyAt ?? StreamSlot.Never;
            if (next <= Now) return Task.CompletedTask;
            some = claimable.Next;
            Arm(next);
        }
        return some.WaitAsync(cancellationToken);
    }

    private void Arm(long at)
    {
        var now = Now;
        if (at <= now) claimable.Raise();
        if (at <= now || at >= alarmAt) return;
        alarmAt = at;
        alarm.Change(Delay(at - now), Timeout.InfiniteTimeSpan);
    }

    private void OnAlarm()
    {
        using var turn = gate.Enter();
        alarmAt = StreamSlot.Never;
        if (claimable.Awaited && ready.Min is { } next) Arm(next.ReadyAt);
    }

    private void Tell(StreamSlot slot)
    {
        var now = Now;
        if (slot.FirstDue <= now) slot.Arrived!.Raise();
        else if (slot.FirstDue != StreamSlot.Never)
        {
            slot.Alarm ??= clock.CreateTimer(_ => OnAlarm(slot), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            slot.Alarm.Change(Delay(slot.FirstDue - now), Timeout.InfiniteTimeSpan);
        }
    }

    private void OnAlarm(StreamSlot slot)
    {
        using var turn = gate.Enter();
        if (slot.Arrived is { Awaited: true }) Tell(slot);
    }

    // Timers count whole milliseconds and have a longest time; one that rings too early is set again.
    private static TimeSpan Delay(long ticks) => TimeSpan.FromMilliseconds(Math.Min((ticks - 1) / TimeSpan.TicksPerMillisecond + 1, 86_400_000));
}
