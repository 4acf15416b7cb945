using Flow.Engine;
using Flow.Storage;
using Flow.Testing;
using Flow.Testing.Storage;

namespace Flow.Core.Tests.Storage;

/// <summary>A kit that cannot fail proves nothing: each of these stores does one thing wrong, and the kit must notice.</summary>
public sealed class Wrong_stores_are_caught
{
    private static readonly Dictionary<string, Func<IFlowStore, WrongStore>> Wrong = new()
    {
        ["ignores the fence"] = right => new IgnoresTheFence(right),
        ["ignores the version"] = right => new IgnoresTheVersion(right),
        ["takes a key twice"] = right => new WrongStore(right) { Before = commit => commit with { Reserve = [] } },
        ["loses messages"] = right => new WrongStore(right) { Before = commit => commit with { Enqueue = [.. commit.Enqueue.Take(1)] } },
        ["fires timers at once"] = right => new WrongStore(right) { Before = commit => commit with { Enqueue = [.. commit.Enqueue.Select(w => w with { After = default })] } },
        ["forgets that an effect is owed"] = right => new WrongStore(right) { Before = commit => commit with { Change = commit.Change is { } change ? change with { Owes = false } : null } },
        ["leaves inputs that were completed"] = right => new WrongStore(right) { Before = commit => commit with { Complete = [] } },
        ["writes refused messages"] = right => new WritesRefusedMessages(right),
        ["stores the state without its events"] = right => new WrongStore(right) { Before = commit => commit with { Change = commit.Change is { } change ? change with { Events = [] } : null } },
        ["says yes and writes nothing"] = right => new AnswersFirst(right),
        ["renews what is lost"] = right => new RenewsAnything(right),
        ["gives back what others hold"] = right => new ReleasesForOthers(right),
        ["hands out inputs newest first"] = right => new ReadsBackwards(right),
    };

    public static TheoryData<string, string> Cases() => new()
    {
        { "ignores the fence", "fence-lost" },
        { "ignores the version", "version-conflict" },
        { "takes a key twice", "key-taken" },
        { "loses messages", "work-in-order" },
        { "fires timers at once", "timers" },
        { "forgets that an effect is owed", "owes-after-release" },
        { "leaves inputs that were completed", "commit-writes-all" },
        { "writes refused messages", "refused-leaves-no-trace-KeyTaken" },
        { "stores the state without its events", "events-in-order" },
        { "says yes and writes nothing", "post-without-change" },
        { "renews what is lost", "renew-lost" },
        { "gives back what others hold", "release-stale" },
        { "hands out inputs newest first", "work-in-order" },
    };

    [Theory, MemberData(nameof(Cases))]
    public async Task By_the_case_that_is_about_it(string wrong, string id)
    {
        await using var harness = new MemoryStoreHarness { Wrap = Wrong[wrong] };
        var run = () => FlowStoreConformance.Cases.Single(c => c.Id == id).RunAsync(harness, TestContext.Current.CancellationToken);
        await run.Should().ThrowAsync<ConformanceException>();
    }

    [Fact]
    public void Every_case_has_an_id_of_its_own() => FlowStoreConformance.Cases.Select(c => c.Id).Should().OnlyHaveUniqueItems();

    private class WrongStore(IFlowStore right) : IFlowStore
    {
        protected IFlowStore Right => right;
        public Func<FlowCommit, FlowCommit> Before { get; init; } = commit => commit;

        public virtual ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken) => right.CommitAsync(Before(commit), cancellationToken);
        public virtual ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken) => right.ClaimAsync(node, max, lease, cancellationToken);
        public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken) => right.LoadAsync(stream, cancellationToken);
        public virtual ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken) => right.RenewAsync(claim, lease, cancellationToken);
        public virtual ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken) => right.ReleaseAsync(claim, notBefore, cancellationToken);
        public virtual ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken) => right.ReadWorkAsync(claim, max, cancellationToken);
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

    private abstract class TakesAnyClaim(IFlowStore right) : WrongStore(right)
    {
        protected Dictionary<StreamId, Claim> Newest { get; } = [];

        public override async ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken)
        {
            var claims = await base.ClaimAsync(node, max, lease, cancellationToken);
            foreach (var claim in claims) Newest[claim.Stream] = claim;
            return claims;
        }
    }

    private sealed class IgnoresTheFence(IFlowStore right) : TakesAnyClaim(right)
    {
        public override ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken) =>
            base.CommitAsync(commit.Change is { } change ? commit with { Change = change with { Claim = Newest[change.Claim.Stream] } } : commit, cancellationToken);
    }

    private sealed class ReleasesForOthers(IFlowStore right) : TakesAnyClaim(right)
    {
        public override ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken) => base.ReleaseAsync(Newest[claim.Stream], notBefore, cancellationToken);
    }

    private sealed class AnswersFirst(IFlowStore right) : WrongStore(right)
    {
        public override ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken) =>
            commit.Change is null ? new(new CommitResult(CommitStatus.Ok)) : base.CommitAsync(commit, cancellationToken);
    }

    private sealed class RenewsAnything(IFlowStore right) : WrongStore(right)
    {
        public override async ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken)
        {
            await base.RenewAsync(claim, lease, cancellationToken);
            return true;
        }
    }

    private sealed class ReadsBackwards(IFlowStore right) : WrongStore(right)
    {
        public override async ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken) =>
            [.. (await base.ReadWorkAsync(claim, max, cancellationToken)).Reverse()];
    }

    private sealed class IgnoresTheVersion(IFlowStore right) : WrongStore(right)
    {
        public override async ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
        {
            if (commit.Change is not { } change) return await base.CommitAsync(commit, cancellationToken);
            var stored = (await LoadAsync(change.Claim.Stream, cancellationToken))?.Version ?? 0;
            return await base.CommitAsync(commit with { Change = change with { ExpectedVersion = stored } }, cancellationToken);
        }
    }

    private sealed class WritesRefusedMessages(IFlowStore right) : WrongStore(right)
    {
        public override async ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
        {
            var result = await base.CommitAsync(commit, cancellationToken);
            if (result.Status != CommitStatus.Ok) await Right.CommitAsync(new() { Enqueue = commit.Enqueue }, cancellationToken);
            return result;
        }
    }
}
