using Flow.Engine;

namespace Flow.Storage;

/// <summary>
/// Keeps the engine's truth. One call, <see cref="CommitAsync"/>, is the only write of it, and one call is one transaction.
/// </summary>
/// <remarks>
/// <para>Thread-safe. An answer is durable: when <see cref="CommitAsync"/> has answered, the commit survives <c>kill -9</c> and power loss.</para>
/// <para>Ownership: <see cref="ClaimAsync"/> gives a stream to one node under a lease with an epoch that grows by every claim of that stream. A lease
/// only saves work; safety is the epoch (the fencing token) that <see cref="CommitAsync"/> compares.</para>
/// <para>A stream can be claimed when nobody holds it and either an input of it is due or it <em>owes</em> an effect.</para>
/// <para>Trouble of the store itself is a transient <see cref="FlowException"/> with code <c>store-unavailable</c> or <c>store-full</c>; then nothing was written.</para>
/// <para>Keys, kinds and types are opaque: non-empty, well-formed text without NUL, compared ordinally. Anything else is misuse
/// and throws an <see cref="ArgumentException"/>.</para>
/// <para>Due times and leases are measured with the store's own clock.</para>
/// </remarks>
public interface IFlowStore
{
    /// <summary>The stream as last committed; null when it has never been written or was forgotten.</summary>
    ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken);

    /// <summary>
    /// Writes all of the commit or nothing. Checks, in this order: the claim's epoch (<see cref="CommitStatus.FenceLost"/>), the expected version
    /// (<see cref="CommitStatus.VersionConflict"/>), that every completed input is still there (<see cref="CommitStatus.WorkGone"/>), that every
    /// reserved key is free (<see cref="CommitStatus.KeyTaken"/>). Cancellation before the answer leaves it open whether the commit was written.
    /// </summary>
    ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken);

    /// <summary>Claims up to <paramref name="max"/> streams that can be claimed now, those waiting longest first. Empty when there are none.</summary>
    ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Prolongs a lease from now. False when the claim is not current any more.</summary>
    ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a stream back; it can be claimed again after <paramref name="notBefore"/> from now (zero: at once). Ignored when the claim is not current.
    /// To be called when no commit of this claim is under way: such a commit may still be accepted, and the stream may be claimed before what it owes is seen.
    /// </summary>
    ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken);

    /// <summary>Inputs of a claimed stream that are due, oldest due first, then in the order in which they were enqueued; at most <paramref name="max"/>.</summary>
    ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken);

    /// <summary>A hint: completes when an input of this claimed stream is due, or its claim is lost. May complete without reason; never much too late.</summary>
    Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken);

    /// <summary>A hint: completes when some stream may be claimed. May complete without reason; never much too late.</summary>
    Task WaitForClaimsAsync(CancellationToken cancellationToken);

    /// <summary>A reserved key and what was answered under it; null when it is free.</summary>
    ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken);

    /// <summary>A hint: completes when something was answered under the key.</summary>
    Task WaitForAnswerAsync(string key, CancellationToken cancellationToken);

    /// <summary>Streams of a kind in ordinal order of their keys, after <paramref name="afterKey"/> (null: from the first); at most <paramref name="max"/>.</summary>
    ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken);

    /// <summary>Events of all streams after a position, in the order of commit; at most <paramref name="max"/>. Positions grow and may have gaps.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken);

    /// <summary>Events of one stream, oldest first, after a position; at most <paramref name="max"/>.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken);

    /// <summary>A hint: completes when there may be events after the position.</summary>
    Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken);

    /// <summary>How many events there are.</summary>
    ValueTask<long> CountEventsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Removes events and keys older than <paramref name="olderThan"/>; streams, with their snapshots, and inputs stay. A key also stays while a request that was
    /// enqueued together with its reservation, with the key as its <see cref="NewWork.RequestKey"/>, has no answer. Returns how many rows went; removes at most
    /// 10,000 a call, so that writers never wait long.
    /// </summary>
    ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken);
}
