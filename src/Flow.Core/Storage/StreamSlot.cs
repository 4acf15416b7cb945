using Flow.Engine;

namespace Flow.Storage;

/// <summary>An input that waits. Times are ticks of the queue's own monotonic clock.</summary>
/// <param name="Id">Grows in the order of enqueueing.</param>
/// <param name="Due">When it is due.</param>
/// <param name="Input">Its JSON; null when it is too large to be kept in memory.</param>
/// <param name="RequestKey">Key under which somebody waits for the answer.</param>
internal sealed record PendingWork(long Id, long Due, ReadOnlyMemory<byte>? Input, string? RequestKey);

/// <summary>What a single-process store keeps in memory of a stream that is held, has inputs, or owes an effect.</summary>
internal sealed class StreamSlot(StreamId stream, long order)
{
    public const long Never = long.MaxValue;

    public StreamId Stream { get; } = stream;
    /// <summary>Breaks ties between streams that are ready at the same time.</summary>
    public long Order { get; } = order;
    public long Epoch { get; set; }
    public bool Held { get; set; }
    public long LeaseUntil { get; set; }
    public long NotBefore { get; set; }
    public long OwesSince { get; set; } = Never;
    /// <summary>By due time, then by id.</summary>
    public List<PendingWork> Work { get; } = [];
    /// <summary>Where the slot stands in the queue's order; never changed while it stands there.</summary>
    public long ReadyAt { get; set; } = Never;
    /// <summary>A commit of its holder is being written: nobody else may claim the stream until it is known how that ended.</summary>
    public bool Committing { get; set; }
    public StoreGate.Signal? Arrived { get; set; }
    public ITimer? Alarm { get; set; }

    /// <summary>The stream's row as last committed, for stores that have rows; 0 while it was not looked up.</summary>
    public long Row { get; set; }
    public long Version { get; set; }

    public long FirstDue => Work.Count == 0 ? Never : Work[0].Due;

    /// <summary>When the stream can be claimed, given what it needs and who holds it.</summary>
    public long ClaimableAt()
    {
        var needed = Math.Min(OwesSince, FirstDue);
        return needed == Never ? Never : Math.Max(needed, Held ? LeaseUntil : NotBefore);
    }

    public bool IsIdle(long now) => !Held && !Committing && Work.Count == 0 && OwesSince == Never && NotBefore <= now;

    public bool HasAll(IReadOnlyList<long> ids)
    {
        for (var i = 0; i < ids.Count; i++)
            if (IndexOf(ids[i]) < 0) return false;
        return true;
    }

    public void Add(PendingWork work)
    {
        var at = Work.Count;
        while (at > 0 && (Work[at - 1].Due, Work[at - 1].Id).CompareTo((work.Due, work.Id)) > 0) at--;
        Work.Insert(at, work);
    }

    public void Remove(IReadOnlyList<long> ids)
    {
        for (var i = 0; i < ids.Count; i++)
            if (IndexOf(ids[i]) is >= 0 and var at) Work.RemoveAt(at);
    }

    // From the front: what is dealt with is what was due first.
    private int IndexOf(long id)
    {
        for (var i = 0; i < Work.Count; i++)
            if (Work[i].Id == id) return i;
        return -1;
    }
}
