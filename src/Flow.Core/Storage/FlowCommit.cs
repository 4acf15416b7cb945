using Flow.Engine;

namespace Flow.Storage;

/// <summary>Ownership of a stream for a while.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Epoch">Grows by every claim of this stream: the fencing token.</param>
public sealed record Claim(StreamId Stream, long Epoch);

/// <summary>A stream as last committed.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">1 after its first commit, and one more after each.</param>
/// <param name="Snapshot">Its state, UTF-8 JSON.</param>
/// <param name="Owes">An effect is due in this state.</param>
public sealed record StreamRecord(StreamId Stream, long Version, ReadOnlyMemory<byte> Snapshot, bool Owes);

/// <summary>An input that waits for its stream.</summary>
/// <param name="Id">The store's own, growing.</param>
/// <param name="Input">UTF-8 JSON.</param>
/// <param name="RequestKey">Key under which somebody waits for the answer, or null.</param>
public sealed record WorkItem(long Id, ReadOnlyMemory<byte> Input, string? RequestKey);

/// <summary>An input to enqueue: a message to a stream, or a timer.</summary>
/// <param name="To">Which stream.</param>
/// <param name="Input">UTF-8 JSON.</param>
/// <param name="After">Due so long after the commit.</param>
/// <param name="RequestKey">Key under which somebody waits for the answer, or null.</param>
public sealed record NewWork(StreamId To, ReadOnlyMemory<byte> Input, TimeSpan After = default, string? RequestKey = null);

/// <summary>An event to append.</summary>
/// <param name="Type">Stable name of its type.</param>
/// <param name="Json">UTF-8 JSON.</param>
public sealed record NewEvent(string Type, ReadOnlyMemory<byte> Json);

/// <summary>An event as stored.</summary>
/// <param name="Position">Over all streams; grows, may have gaps.</param>
/// <param name="Stream">Its stream.</param>
/// <param name="Version">Version of its stream that it led to.</param>
/// <param name="Type">Stable name of its type.</param>
/// <param name="At">When it was committed; for people.</param>
/// <param name="Json">UTF-8 JSON.</param>
public sealed record StoredEvent(long Position, StreamId Stream, long Version, string Type, DateTimeOffset At, ReadOnlyMemory<byte> Json);

/// <summary>A reserved key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Answer">What was answered under it, UTF-8 JSON; null while nothing was.</param>
public sealed record KeyRecord(string Key, ReadOnlyMemory<byte>? Answer);

/// <summary>The change of one stream.</summary>
public sealed record StreamChange
{
    /// <summary>By whom: a claim that was not given back, and whose epoch is still the newest.</summary>
    public required Claim Claim { get; init; }
    /// <summary>Version the change is based on; 0 for a stream that has none.</summary>
    public required long ExpectedVersion { get; init; }
    /// <summary>History, audit, feed.</summary>
    public IReadOnlyList<NewEvent> Events { get; init; } = [];
    /// <summary>The new state: loading is one row, never a replay. Null keeps the last one.</summary>
    public ReadOnlyMemory<byte>? Snapshot { get; init; }
    /// <summary>An effect is due in the new state: the stream can be claimed again when nobody holds it, so that nothing falls between a commit and its effect.</summary>
    public bool Owes { get; init; }
    /// <summary>Removes the stream with its events and inputs once this commit is written: the end of its retention.</summary>
    public bool Forget { get; init; }
    /// <summary>
    /// The stream stays one that was never written: only the rest of the commit is. For whatever asks something of a stream that does not exist. Its other
    /// inputs stay. Only with <see cref="ExpectedVersion"/> 0, and with no event, snapshot or debt.
    /// </summary>
    public bool Unwritten { get; init; }
}

/// <summary>One transaction.</summary>
public sealed record FlowCommit
{
    /// <summary>The stream that changes; null when only inputs are posted from outside.</summary>
    public StreamChange? Change { get; init; }
    /// <summary>Messages and timers.</summary>
    public IReadOnlyList<NewWork> Enqueue { get; init; } = [];
    /// <summary>Ids of inputs of the changed stream that this commit has dealt with.</summary>
    public IReadOnlyList<long> Complete { get; init; } = [];
    /// <summary>Unique keys to take: delivery ids, request ids.</summary>
    public IReadOnlyList<string> Reserve { get; init; } = [];
    /// <summary>Answers under keys that are reserved; a key that is not is ignored.</summary>
    public IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> Answers { get; init; } = [];
}

/// <summary>How a commit ended.</summary>
public enum CommitStatus
{
    /// <summary>Written, durably.</summary>
    Ok,
    /// <summary>Somebody else has claimed the stream since, or it was given back: stop working on it.</summary>
    FenceLost,
    /// <summary>The stream has another version than expected.</summary>
    VersionConflict,
    /// <summary>An input that was to be completed is gone.</summary>
    WorkGone,
    /// <summary>A key is reserved already.</summary>
    KeyTaken,
}

/// <summary>How a commit ended.</summary>
/// <param name="Status">The status; anything but <see cref="CommitStatus.Ok"/> wrote nothing.</param>
/// <param name="Version">The stream's version after it, or 0.</param>
/// <param name="Key">The key that was taken.</param>
public readonly record struct CommitResult(CommitStatus Status, long Version = 0, string? Key = null);
