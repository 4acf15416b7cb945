using Flow.Engine;
using Flow.Storage;

namespace Flow.Benchmarks.Durable;

/// <summary>Passes everything on, tapes what is committed, and tells what was.</summary>
internal sealed class TapingStore(IFlowStore inner, CommitTape? tape) : IFlowStore
{
    /// <summary>A stream, and the type of an event that has been committed.</summary>
    public Action<StreamId, string> Happened { get; set; } = (_, _) => { };

    public async ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
    {
        tape?.Add(commit);
        var result = await inner.CommitAsync(commit, cancellationToken);
        if (result.Status != CommitStatus.Ok) throw new InvalidOperationException($"A commit of the benchmark ended as {result.Status}.");
        if (commit.Change is { } change)
            foreach (var happened in change.Events) Happened(change.Claim.Stream, happened.Type);
        return result;
    }

    public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken) => inner.LoadAsync(stream, cancellationToken);
    public ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken) => inner.ClaimAsync(node, max, lease, cancellationToken);
    public ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken) => inner.RenewAsync(claim, lease, cancellationToken);
    public ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken) => inner.ReleaseAsync(claim, notBefore, cancellationToken);
    public ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken) => inner.ReadWorkAsync(claim, max, cancellationToken);
    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken) => inner.WaitForWorkAsync(claim, cancellationToken);
    public Task WaitForClaimsAsync(CancellationToken cancellationToken) => inner.WaitForClaimsAsync(cancellationToken);
    public ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken) => inner.FindKeyAsync(key, cancellationToken);
    public Task WaitForAnswerAsync(string key, CancellationToken cancellationToken) => inner.WaitForAnswerAsync(key, cancellationToken);
    public ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken) => inner.ListAsync(kind, afterKey, max, cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken) => inner.ReadEventsAsync(afterPosition, max, cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken) =>
        inner.ReadStreamEventsAsync(stream, afterPosition, max, cancellationToken);
    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken) => inner.WaitForEventsAsync(afterPosition, cancellationToken);
    public ValueTask<long> CountEventsAsync(CancellationToken cancellationToken) => inner.CountEventsAsync(cancellationToken);
    public ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken) => inner.PruneAsync(olderThan, cancellationToken);
}
