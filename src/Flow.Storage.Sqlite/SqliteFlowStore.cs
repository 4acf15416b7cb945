using Flow.Engine;
using Microsoft.Extensions.Logging;

namespace Flow.Storage.Sqlite;

/// <summary>
/// The state in one SQLite file that one process owns. What is due and who holds what is in memory: claiming, renewing and waiting touch no disk.
/// While another process owns the file, this one reads what is committed, and refuses the rest.
/// </summary>
internal sealed class SqliteFlowStore : IFlowStore, IStoreOwnership, IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan HintWhileStandingBy = TimeSpan.FromMilliseconds(500);
    private readonly FileOwnership ownership;
    private readonly ReaderPool readers;
    private readonly TimeProvider clock;

    /// <summary>Opens the file, or stands by when another process has it.</summary>
    /// <exception cref="FlowException">The file is damaged, of a newer version, or cannot be opened.</exception>
    public SqliteFlowStore(SqliteStoreOptions options, TimeProvider clock, ILogger<SqliteFlowStore> logger)
    {
        this.clock = clock;
        var path = Path.GetFullPath(options.Path);
        readers = new(path);
        try
        {
            ownership = new(path, first => OwnedFile.TryOpen(options, unread: first, readers, clock, logger), clock, logger);
        }
        catch
        {
            readers.Dispose();
            throw;
        }
    }

    public bool IsOwner => ownership.File is not null;

    public string? StandingBy => ownership.Reason;

    public Task WaitForOwnershipAsync(CancellationToken cancellationToken) => ownership.Owned.WaitAsync(cancellationToken);

    /// <summary>For tests that give the file troubles.</summary>
    internal SqliteDatabase Database => Owner.Database;

    private OwnedFile Owner => ownership.File ?? throw ownership.Refusal();

    public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(reader => reader.Load(stream)));
    }

    public ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
    {
        commit.ThrowIfMalformed();
        cancellationToken.ThrowIfCancellationRequested();
        return new(Owner.Writer.WriteAsync(new CommitRequest(commit)).WaitAsync(cancellationToken));
    }

    public ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Nothing that is claimed could be committed: whoever claims in a loop must learn that it is over.
        if (Owner.Writer.Superseded) throw new FlowException("store-taken-over", $"Another engine has taken over '{Owner.Database.Path}': this process can do nothing any more. Stop it.");
        return new(Owner.Queue.Claim(max, lease));
    }

    public ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        return new(ownership.File?.Queue.Renew(claim, lease) ?? false);
    }

    public ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        ownership.File?.Queue.Release(claim, notBefore);
        return default;
    }

    public ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        var due = ownership.File?.Queue.ReadWork(claim, max) ?? [];
        if (due.Count == 0) return new([]);
        var items = new List<WorkItem>(due.Count);
        foreach (var work in due)
        {
            if ((work.Input ?? Large(work.Id)) is { } input) items.Add(new(work.Id, input, work.RequestKey));
        }
        return new(items);
    }

    private ReadOnlyMemory<byte>? Large(long id) => Read(reader => reader.Input(id));

    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return ownership.File?.Queue.WaitForWorkAsync(claim, cancellationToken) ?? Task.CompletedTask;
    }

    public Task WaitForClaimsAsync(CancellationToken cancellationToken) =>
        ownership.File is { } file ? file.Queue.WaitForClaimsAsync(cancellationToken) : WaitForOwnershipAsync(cancellationToken);

    public ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(reader => reader.FindKey(key)));
    }

    public Task WaitForAnswerAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        return ownership.File is { } file
            ? file.Signals.WaitForAnswerAsync(key, () => Read(reader => reader.FindKey(key)) is { Answer: not null }, cancellationToken)
            : LookAgainSoonAsync(cancellationToken);
    }

    public ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(reader => reader.List(kind, afterKey, max)));
    }

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(reader => reader.Events(afterPosition, max)));
    }

    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(reader => reader.Events(stream, afterPosition, max)));
    }

    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken) =>
        ownership.File is { } file ? file.Signals.WaitForEventsAsync(afterPosition, cancellationToken) : LookAgainSoonAsync(cancellationToken);

    public ValueTask<long> CountEventsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(reader => reader.CountEvents()));
    }

    public ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Owner.Writer.WriteAsync(new PruneRequest(olderThan)).WaitAsync(cancellationToken));
    }

    /// <summary>Writes what was accepted, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        readers.Dispose();
        await ownership.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The same, without waiting until it is done.</summary>
    public void Dispose()
    {
        ownership.Dispose();
        readers.Dispose();
    }

    private T Read<T>(Func<StoreReader, T> read)
    {
        try { return readers.Read(read); }
        // The owner may be just creating the file, or be of a version with another schema.
        catch (FlowException trouble) when (ownership.File is null) { throw ownership.Refusal(trouble); }
    }

    /// <summary>What the owner commits is not heard in this process.</summary>
    private async Task LookAgainSoonAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(ownership.Owned, Task.Delay(HintWhileStandingBy, clock, either.Token)).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
