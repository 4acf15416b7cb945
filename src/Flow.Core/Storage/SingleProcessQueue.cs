using Flow.Engine;

namespace Flow.Storage;

/// <summary>
/// Who holds which stream, what is due, and who waits for it: the part of a store that may live in memory when one process owns the data.
/// After a restart it is filled from what is stored; leases are not, so that recovery waits for none.
/// </summary>
internal sealed partial class SingleProcessQueue : IDisposable
{
    private readonly TimeProvider clock;
    private readonly StoreGate gate;
    private readonly long started;
    private readonly Dictionary<StreamId, StreamSlot> slots = [];
    private readonly SortedSet<StreamSlot> ready = new(Comparer<StreamSlot>.Create((a, b) => a.ReadyAt != b.ReadyAt ? a.ReadyAt.CompareTo(b.ReadyAt) : a.Order.CompareTo(b.Order)));
    private readonly StoreGate.Signal claimable;
    private readonly ITimer alarm;
    private long alarmAt = StreamSlot.Never;
    private long epoch;
    private long order;

    /// <param name="clock">Measures leases and due times.</param>
    /// <param name="gate">The store's lock.</param>
    /// <param name="epoch">Greater than every epoch given out before.</param>
    public SingleProcessQueue(TimeProvider clock, StoreGate gate, long epoch)
    {
        (this.clock, this.gate, this.epoch) = (clock, gate, epoch);
        started = clock.GetTimestamp();
        claimable = new(gate);
        alarm = clock.CreateTimer(static queue => ((SingleProcessQueue)queue!).OnAlarm(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ticks since the queue began; monotonic.</summary>
    public long Now => clock.GetElapsedTime(started).Ticks;

    public static long Later(long now, TimeSpan by) =>
        by <= TimeSpan.Zero ? now : by.Ticks >= StreamSlot.Never - Math.Max(now, 0) ? StreamSlot.Never - 1 : now + by.Ticks;

    public IReadOnlyList<Claim> Claim(int max, TimeSpan lease)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        using var turn = gate.Enter();
        var now = Now;
        List<StreamSlot>? chosen = null;
        foreach (var slot in ready)
        {
            if (slot.ReadyAt > now || chosen?.Count == max) break;
            if (!slot.Committing) (chosen ??= []).Add(slot);
        }
        if (chosen is null) return [];
        var claims = new Claim[chosen.Count];
        for (var i = 0; i < claims.Length; i++)
        {
            var slot = chosen[i];
            (slot.Epoch, slot.Held, slot.LeaseUntil, slot.NotBefore) = (++epoch, true, Later(now, lease), 0);
            slot.Arrived?.Raise();
            Place(slot);
            claims[i] = new(slot.Stream, slot.Epoch);
        }
        return claims;
    }

    /// <summary>The slot of a claim that is current: nobody has claimed the stream since, nor was it given back.</summary>
    public StreamSlot? Current(Claim claim)
    {
        using var turn = gate.Enter();
        return slots.TryGetValue(claim.Stream, out var slot) && slot.Held && slot.Epoch == claim.Epoch ? slot : null;
    }

    public bool Renew(Claim claim, TimeSpan lease)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        using var turn = gate.Enter();
        if (Current(claim) is not { } slot) return false;
        slot.LeaseUntil = Later(Now, lease);
        Place(slot);
        return true;
    }

    public void Release(Claim claim, TimeSpan notBefore)
    {
        using var turn = gate.Enter();
        if (Current(claim) is not { } slot) return;
        (slot.Held, slot.NotBefore) = (false, Later(Now, notBefore));
        slot.Arrived?.Raise();
        Place(slot);
    }

    public IReadOnlyList<PendingWork> ReadWork(Claim claim, int max)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        using var turn = gate.Enter();
        var now = Now;
        if (Current(claim) is not { } slot || slot.FirstDue > now) return [];
        var count = 1;
        while (count < slot.Work.Count && count < max && slot.Work[count].Due <= now) count++;
        return slot.Work.GetRange(0, count);
    }

    /// <summary>Adds an input; inside a turn.</summary>
    public void Enqueue(StreamId to, PendingWork work)
    {
        var slot = Slot(to);
        slot.Add(work);
        Place(slot);
    }

    /// <summary>What a commit changed of its stream; inside a turn.</summary>
    public void Committed(StreamSlot slot, IReadOnlyList<long> completed, bool owes)
    {
        slot.Remove(completed);
        slot.OwesSince = owes ? Math.Min(slot.OwesSince, Now) : StreamSlot.Never;
        slot.Committing = false;
        Place(slot);
    }

    /// <summary>The stream and its inputs are gone; inside a turn.</summary>
    public void Forget(StreamSlot slot)
    {
        slot.Work.Clear();
        (slot.OwesSince, slot.Held, slot.NotBefore, slot.Committing, slot.Row, slot.Version) = (StreamSlot.Never, false, 0, false, 0, 0);
        slot.Arrived?.Raise();
        Place(slot);
    }

    /// <summary>A commit was not written after all; inside a turn.</summary>
    public void Abandon(StreamSlot slot)
    {
        slot.Committing = false;
        Place(slot);
    }

    /// <summary>A stream that owed an effect when the data was opened.</summary>
    public void Owes(StreamId stream)
    {
        using var turn = gate.Enter();
        var slot = Slot(stream);
        slot.OwesSince = 0;
        Place(slot);
    }

    public void Dispose()
    {
        alarm.Dispose();
        using var turn = gate.Enter();
        foreach (var slot in slots.Values) slot.Alarm?.Dispose();
    }

    private StreamSlot Slot(StreamId stream)
    {
        if (!slots.TryGetValue(stream, out var slot)) slots[stream] = slot = new(stream, ++order);
        return slot;
    }

    /// <summary>After any change of a slot: its place in the order, and who is to be told.</summary>
    private void Place(StreamSlot slot)
    {
        var at = slot.ClaimableAt();
        if (at != slot.ReadyAt)
        {
            if (slot.ReadyAt != StreamSlot.Never) ready.Remove(slot);
            slot.ReadyAt = at;
            if (at != StreamSlot.Never) ready.Add(slot);
        }
        if (at != StreamSlot.Never && claimable.Awaited) Arm(at);
        if (slot.Arrived is { Awaited: true }) Tell(slot);
        if (slot.IsIdle(Now) && slots.Remove(slot.Stream)) slot.Alarm?.Dispose();
    }
}
