using Flow.Engine;
using Flow.Storage;

namespace Flow.Reliability.Tests.Models.Stores;

/// <summary>A store that does one thing wrong, before a right one.</summary>
internal class WrongStore(IFlowStore right) : IFlowStore, IDisposable
{
    protected IFlowStore Right => right;
    public Func<FlowCommit, FlowCommit> Before { get; init; } = commit => commit;
    public Func<TimeSpan, TimeSpan> Pause { get; init; } = pause => pause;
    public Func<TimeSpan, TimeSpan> Lease { get; init; } = lease => lease;
    public Func<TimeSpan, TimeSpan> Age { get; init; } = age => age;
    public Func<long, long> After { get; init; } = position => position;
    public Func<int, int> Max { get; init; } = max => max;
    public bool Deaf { get; init; }

    public virtual ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken) => right.CommitAsync(Before(commit), cancellationToken);
    public virtual ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken) => right.ClaimAsync(node, max, Lease(lease), cancellationToken);
    public virtual ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken) => right.RenewAsync(claim, Lease(lease), cancellationToken);
    public virtual ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken) => right.ReadWorkAsync(claim, max, cancellationToken);
    public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken) => right.LoadAsync(stream, cancellationToken);
    public ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken) => right.ReleaseAsync(claim, Pause(notBefore), cancellationToken);
    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken) => right.WaitForWorkAsync(claim, cancellationToken);
    public Task WaitForClaimsAsync(CancellationToken cancellationToken) => Deaf ? new TaskCompletionSource().Task : right.WaitForClaimsAsync(cancellationToken);
    public ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken) => right.FindKeyAsync(key, cancellationToken);
    public Task WaitForAnswerAsync(string key, CancellationToken cancellationToken) => right.WaitForAnswerAsync(key, cancellationToken);
    public ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken) => right.ListAsync(kind, afterKey, Max(max), cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken) => right.ReadEventsAsync(After(afterPosition), max, cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken) => right.ReadStreamEventsAsync(stream, afterPosition, max, cancellationToken);
    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken) => right.WaitForEventsAsync(afterPosition, cancellationToken);
    public ValueTask<long> CountEventsAsync(CancellationToken cancellationToken) => right.CountEventsAsync(cancellationToken);
    public ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken) => right.PruneAsync(Age(olderThan), cancellationToken);
    public void Dispose() => (right as IDisposable)?.Dispose();
}

internal static class WrongStores
{
    public static readonly IReadOnlyDictionary<string, Func<IFlowStore, IFlowStore>> All = new Dictionary<string, Func<IFlowStore, IFlowStore>>
    {
        ["ignores the fence"] = right => new FenceIgnored(right),
        ["ignores the version"] = right => new VersionIgnored(right),
        ["takes a key twice"] = right => new WrongStore(right) { Before = c => c with { Reserve = [] } },
        ["loses the second message"] = right => new WrongStore(right) { Before = c => c with { Enqueue = [.. c.Enqueue.Take(1)] } },
        ["rings timers at once"] = right => new WrongStore(right) { Before = c => c with { Enqueue = [.. c.Enqueue.Select(w => w with { After = default })] } },
        ["forgets that an effect is owed"] = right => new WrongStore(right) { Before = c => c with { Change = c.Change is { } change ? change with { Owes = false } : null } },
        ["leaves inputs that were completed"] = right => new WrongStore(right) { Before = c => c with { Complete = [] } },
        ["forgets no stream"] = right => new WrongStore(right) { Before = c => c with { Change = c.Change is { } change ? change with { Forget = false } : null } },
        ["loses answers"] = right => new WrongStore(right) { Before = c => c with { Answers = [] } },
        ["loses what somebody waits for"] = right => new WrongStore(right) { Before = c => c with { Enqueue = [.. c.Enqueue.Select(w => w with { RequestKey = null })] } },
        ["gives a released stream out too early"] = right => new WrongStore(right) { Pause = _ => default },
        ["keeps leases for too long"] = right => new WrongStore(right) { Lease = lease => lease * 2 },
        ["prunes what is young"] = right => new WrongStore(right) { Age = age => age / 2 },
        ["lists one too few"] = right => new WrongStore(right) { Max = max => Math.Max(1, max - 1) },
        ["shows an event twice"] = right => new WrongStore(right) { After = position => Math.Max(0, position - 1) },
        ["writes refused messages"] = right => new RefusedWritten(right),
        ["renews what is lost"] = right => new LostRenewed(right),
        ["gives out the newest first"] = right => new NewestFirst(right),
        ["tells nobody"] = right => new WrongStore(right) { Deaf = true },
    };

    private sealed class FenceIgnored(IFlowStore right) : WrongStore(right)
    {
        private readonly Dictionary<StreamId, Claim> newest = [];

        public override async ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken)
        {
            var claims = await base.ClaimAsync(node, max, lease, cancellationToken);
            foreach (var claim in claims) newest[claim.Stream] = claim;
            return claims;
        }

        public override ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken) =>
            base.CommitAsync(commit.Change is { } change ? commit with { Change = change with { Claim = newest[change.Claim.Stream] } } : commit, cancellationToken);
    }

    private sealed class VersionIgnored(IFlowStore right) : WrongStore(right)
    {
        public override async ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken) => commit.Change is not { Unwritten: false } change
            ? await base.CommitAsync(commit, cancellationToken)
            : await base.CommitAsync(commit with { Change = change with { ExpectedVersion = (await LoadAsync(change.Claim.Stream, cancellationToken))?.Version ?? 0 } }, cancellationToken);
    }

    private sealed class RefusedWritten(IFlowStore right) : WrongStore(right)
    {
        public override async ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
        {
            var result = await base.CommitAsync(commit, cancellationToken);
            if (result.Status != CommitStatus.Ok) await Right.CommitAsync(new() { Enqueue = commit.Enqueue }, cancellationToken);
            return result;
        }
    }

    private sealed class LostRenewed(IFlowStore right) : WrongStore(right)
    {
        public override async ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken) => await base.RenewAsync(claim, lease, cancellationToken) || true;
    }

    /// <summary>Takes all, and gives the older ones back.</summary>
    private sealed class NewestFirst(IFlowStore right) : WrongStore(right)
    {
        public override async ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken)
        {
            var claims = await base.ClaimAsync(node, 100, lease, cancellationToken);
            foreach (var claim in claims.SkipLast(max)) await Right.ReleaseAsync(claim, default, cancellationToken);
            return [.. claims.TakeLast(max)];
        }
    }
}

/// <summary>Right for one caller at a time: it looks first, and writes then.</summary>
internal sealed class LooksThenWrites(IFlowStore right) : WrongStore(right)
{
    public override async ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
    {
        foreach (var key in commit.Reserve)
            if (await FindKeyAsync(key, cancellationToken) is not null) return new(CommitStatus.KeyTaken, Key: key);
        Thread.SpinWait(2_000);
        var result = await Right.CommitAsync(commit with { Reserve = [] }, cancellationToken);
        if (result.Status == CommitStatus.Ok) await Right.CommitAsync(new() { Reserve = commit.Reserve }, cancellationToken);
        return result;
    }
}
