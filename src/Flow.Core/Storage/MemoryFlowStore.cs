using Flow.Engine;

namespace Flow.Storage;

/// <summary>
/// Keeps everything in memory, for tests and for trying things out: what it holds is gone with the process.
/// </summary>
/// <remarks>
/// Everything but the waits completes synchronously, and time comes from the given clock alone, so that a simulation on one thread with one seed can
/// be repeated exactly. Waits complete inside the call (or the timer) that made them ready.
/// </remarks>
public sealed class MemoryFlowStore : IFlowStore, IDisposable
{
    private const int PruneAtMost = 10_000;
    private readonly TimeProvider clock;
    private readonly StoreGate gate = new(TaskCreationOptions.None);
    private readonly SingleProcessQueue queue;
    private readonly ChangeSignals signals;
    private readonly MemoryTables tables = new();
    private long workIds;

    /// <summary>An empty store.</summary>
    /// <param name="clock">Measures leases and due times.</param>
    public MemoryFlowStore(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        this.clock = clock;
        queue = new(clock, gate, 0);
        signals = new(gate);
    }

    /// <inheritdoc/>
    public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = gate.Enter();
        return new(tables.Find(stream)?.Record);
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
    {
        commit.ThrowIfMalformed();
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = gate.Enter();
        return new(Commit(commit));
    }

    private CommitResult Commit(FlowCommit commit)
    {
        StreamSlot? slot = null;
        if (commit.Change is { } asked)
        {
            if ((slot = queue.Current(asked.Claim)) is null) return new(CommitStatus.FenceLost);
            if ((tables.Find(asked.Claim.Stream)?.Record.Version ?? 0) != asked.ExpectedVersion) return new(CommitStatus.VersionConflict);
            if (!slot.HasAll(commit.Complete)) return new(CommitStatus.WorkGone);
        }
        if (tables.FirstTaken(commit.Reserve) is { } taken) return new(CommitStatus.KeyTaken, Key: taken);

        var (now, at) = (queue.Now, clock.GetUtcNow());
        foreach (var key in commit.Reserve) tables.Reserve(key, at, commit.Enqueue.Any(work => work.RequestKey == key));
        foreach (var (key, answer) in commit.Answers)
            if (tables.Answer(key, answer)) signals.Answered(key);
        foreach (var work in commit.Enqueue)
            queue.Enqueue(work.To, new(++workIds, SingleProcessQueue.Later(now, work.After), work.Input.ToArray(), work.RequestKey));
        if (commit.Change is not { } change) return new(CommitStatus.Ok);

        if (change.Unwritten)
        {
            queue.Committed(slot!, commit.Complete, false);
            return new(CommitStatus.Ok);
        }
        tables.Change(change, at);
        if (change.Events.Count > 0) signals.EventsArrived(tables.LastPosition);
        if (change.Forget)
        {
            tables.Forget(change.Claim.Stream);
            queue.Forget(slot!);
            return new(CommitStatus.Ok);
        }
        queue.Committed(slot!, commit.Complete, change.Owes);
        return new(CommitStatus.Ok, change.ExpectedVersion + 1);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(queue.Claim(max, lease));
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        return new(queue.Renew(claim, lease));
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        queue.Release(claim, notBefore);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        var due = queue.ReadWork(claim, max);
        var items = new WorkItem[due.Count];
        for (var i = 0; i < items.Length; i++) items[i] = new(due[i].Id, due[i].Input!.Value, due[i].RequestKey);
        return new(items);
    }

    /// <inheritdoc/>
    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return queue.WaitForWorkAsync(claim, cancellationToken);
    }

    /// <inheritdoc/>
    public Task WaitForClaimsAsync(CancellationToken cancellationToken) => queue.WaitForClaimsAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = gate.Enter();
        return new(tables.FindKey(key));
    }

    /// <inheritdoc/>
    public Task WaitForAnswerAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        return signals.WaitForAnswerAsync(key, () => { using var turn = gate.Enter(); return tables.FindKey(key) is { Answer: not null }; }, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = gate.Enter();
        return new(tables.List(kind, afterKey, max));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = gate.Enter();
        return new(MemoryTables.Page(tables.Events, afterPosition, max));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = gate.Enter();
        return new(MemoryTables.Page(tables.Find(stream)?.Events ?? [], afterPosition, max));
    }

    /// <inheritdoc/>
    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken) => signals.WaitForEventsAsync(afterPosition, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> CountEventsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = gate.Enter();
        return new(tables.Events.Count);
    }

    /// <inheritdoc/>
    public ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = gate.Enter();
        return new(tables.Prune(clock.GetUtcNow(), olderThan, PruneAtMost));
    }

    /// <summary>Stops its timers.</summary>
    public void Dispose() => queue.Dispose();
}
