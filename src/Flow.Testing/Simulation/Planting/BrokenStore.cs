using Flow.Engine;
using Flow.Storage;

namespace Flow.Testing.Simulation.Planting;

/// <summary>A store that does one thing wrong.</summary>
internal sealed class BrokenStore(IFlowStore right) : IFlowStore
{
    public Func<FlowCommit, ValueTask<CommitResult>>? Commits { get; init; }
    public Func<Claim, int, ValueTask<IReadOnlyList<WorkItem>>>? Reads { get; init; }
    public Func<Claim, bool>? Renews { get; init; }

    public ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken) => Commits?.Invoke(commit) ?? right.CommitAsync(commit, cancellationToken);
    public ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken) => Reads?.Invoke(claim, max) ?? right.ReadWorkAsync(claim, max, cancellationToken);
    public ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken) => Renews is null ? right.RenewAsync(claim, lease, cancellationToken) : new(Renews(claim));

    public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken) => right.LoadAsync(stream, cancellationToken);
    public ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken) => right.ClaimAsync(node, max, lease, cancellationToken);
    public ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken) => right.ReleaseAsync(claim, notBefore, cancellationToken);
    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken) => right.WaitForWorkAsync(claim, cancellationToken);
    public Task WaitForClaimsAsync(CancellationToken cancellationToken) => right.WaitForClaimsAsync(cancellationToken);
    public ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken) => right.FindKeyAsync(key, cancellationToken);
    public Task WaitForAnswerAsync(string key, CancellationToken cancellationToken) => right.WaitForAnswerAsync(key, cancellationToken);
    public ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken) => right.ListAsync(kind, afterKey, max, cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken) => right.ReadEventsAsync(afterPosition, max, cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken) => right.ReadStreamEventsAsync(stream, afterPosition, max, cancellationToken);
    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken) => right.WaitForEventsAsync(afterPosition, cancellationToken);
    public ValueTask<long> CountEventsAsync(CancellationToken cancellationToken) => right.CountEventsAsync(cancellationToken);
    public ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken) => right.PruneAsync(olderThan, cancellationToken);
}
