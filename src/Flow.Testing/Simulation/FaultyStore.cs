using Flow.Engine;
using Flow.Storage;
using Flow.Testing.Simulation.Planting;

namespace Flow.Testing.Simulation;

/// <summary>The store as one node reaches it: around each call the node may be killed, fall asleep until its lease is gone, or simply be slow.</summary>
internal sealed class FaultyStore(World world, SimulatedNode node, SharedStore shared) : IFlowStore
{
    public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken) =>
        Around("load", () => World.Now(shared.Inner.LoadAsync(stream, default)));

    public ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken) =>
        Around("commit", () => shared.Commit(node, commit));

    public ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nodes of a simulation claim by themselves.");

    public ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken) =>
        Around("renew", () => World.Now(shared.Inner.RenewAsync(claim, lease, default)));

    public async ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken) => await Around("release", () => World.Now(GiveBackAsync(claim, notBefore)));

    private async ValueTask<bool> GiveBackAsync(Claim claim, TimeSpan notBefore)
    {
        await shared.Inner.ReleaseAsync(claim, notBefore, default);
        return true;
    }

    public ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken) =>
        Around("read", () => World.Now(shared.Inner.ReadWorkAsync(claim, max, default)));

    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        var arrived = new TaskCompletionSource();
        shared.Inner.WaitForWorkAsync(claim, cancellationToken).ContinueWith(done =>
        {
            if (done.IsCanceled) arrived.TrySetCanceled(cancellationToken);
            else node.Later(() => arrived.TrySetResult());
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return arrived.Task;
    }

    public ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken) => shared.Inner.FindKeyAsync(key, cancellationToken);
    public ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken) => shared.Inner.ListAsync(kind, afterKey, max, cancellationToken);
    public Task WaitForClaimsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task WaitForAnswerAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();
    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken) => shared.Inner.ReadEventsAsync(afterPosition, max, cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken) => shared.Inner.ReadStreamEventsAsync(stream, afterPosition, max, cancellationToken);
    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken) => throw new NotSupportedException();
    public ValueTask<long> CountEventsAsync(CancellationToken cancellationToken) => shared.Inner.CountEventsAsync(cancellationToken);
    public ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken) => throw new NotSupportedException();

    private ValueTask<T> Around<T>(string what, Func<T> call)
    {
        if (node.IsDead) return Never<T>();
        if (node.IsAsleep || world.OneIn(10)) return When(call);              // slow: others get in between
        if (!world.Troubled) return new(call());
        switch (world.Chance.Next(540 * world.Profile.Calm))
        {
            case 0:
                node.Kill($"before {what}");
                return Never<T>();
            case 1:
                Lost(call());
                node.Kill($"after {what}");
                return Never<T>();
            case 2:
                node.Sleep($"before {what}");
                return When(call);
            case 3:
                var done = call();
                node.Sleep($"after {what}");
                return When(() => done);
            case 4:
                world.Count(FlowSituations.StoreAway);
                throw new FlowException("store-unavailable", "The store is away for a moment.", transient: true);
            case 5:
                Lost(call());
                throw new FlowException("store-unavailable", "The store's answer was lost.", transient: true);
            default:
                return new(call());
        }
    }

    private void Lost<T>(T answer)
    {
        if (answer is not CommitResult { Status: CommitStatus.Ok }) return;
        world.Count(FlowSituations.CommitAnswerLost);
        world.Tell($"the answer of {node.Name}'s commit is lost");
    }

    private ValueTask<T> When<T>(Func<T> call)
    {
        var answer = new TaskCompletionSource<T>();
        node.Later(() => answer.TrySetResult(call()));
        return new(answer.Task);
    }

    private static ValueTask<T> Never<T>() => new(new TaskCompletionSource<T>().Task);
}

/// <summary>The one store that all nodes share, with a witness at its side.</summary>
internal sealed class SharedStore(World world, MemoryFlowStore inner)
{
    private readonly Dictionary<StreamId, Claim> newest = [];
    private readonly Dictionary<StreamId, int> pending = [];
    private readonly HashSet<string> answered = [];
    private long position;

    public IFlowStore Inner { get; } = world.Planted.Around(world, inner);

    /// <summary>Hears of every event, in the order of commit.</summary>
    public Action<StoredEvent>? Witness { get; set; }

    /// <summary>Hears of every commit that was accepted, after its events.</summary>
    public Action<StreamChange>? Committed { get; set; }

    /// <summary>Inputs and timers that are on their way to a stream.</summary>
    public int PendingOf(StreamId stream) => pending.GetValueOrDefault(stream);

    public IReadOnlyList<Claim> Claim(SimulatedNode node, int max)
    {
        var claims = World.Now(inner.ClaimAsync(node.Name, max, StreamPump.Lease, default));
        foreach (var claim in claims)
        {
            newest[claim.Stream] = claim;
            world.Tell($"{node.Name} claims {claim.Stream}, epoch {claim.Epoch}");
        }
        return claims;
    }

    public CommitResult Commit(SimulatedNode? node, FlowCommit commit)
    {
        commit = world.Planted.Alter(world, commit);
        if (commit.Enqueue.Count > 0) commit = commit with { Enqueue = [.. commit.Enqueue.SelectMany(Carried)] };
        var result = World.Now(Inner.CommitAsync(commit, default));
        if (result.Status == CommitStatus.FenceLost)
        {
            world.Count(FlowSituations.FenceRefused);
            if (world.Plants(PlantedFault.FenceOff)) result = Force(commit);
            if (world.Plants(PlantedFault.MessagesApart)) Commit(null, new() { Enqueue = commit.Enqueue });
        }
        else if (result.Status == CommitStatus.Ok && commit.Change is { Claim: { } by } && newest[by.Stream] != by) world.Violate(FlowInvariants.Fence, $"a stale commit of {by.Stream} was accepted");
        if (node is not null && commit.Change is not null) world.Tell($"{node.Name} commits {commit.Change.Claim.Stream} v{result.Version}: {result.Status}{string.Concat(commit.Change.Events.Select(e => $" {e.Type}"))}");
        if (result.Status == CommitStatus.Ok) Landed(commit);
        return result;
    }

    private void Landed(FlowCommit commit)
    {
        foreach (var (key, _) in commit.Answers)
            if (!answered.Add(key)) world.Violate(FlowInvariants.OneEffect, $"request {key} was handled twice");
        foreach (var work in commit.Enqueue) pending[work.To] = PendingOf(work.To) + 1;
        if (commit.Change is not { } change) return;
        pending[change.Claim.Stream] = change.Forget ? 0 : PendingOf(change.Claim.Stream) - commit.Complete.Count;
        if (world.Shorthand is null) LookForSecrets(commit, change);
        if (change.Events.Count > 0)
            foreach (var happened in World.Now(inner.ReadEventsAsync(position, 1_000, default)))
            {
                position = happened.Position;
                Witness?.Invoke(happened);
            }
        Committed?.Invoke(change);
    }

    private void LookForSecrets(FlowCommit commit, StreamChange change)
    {
        var marks = SimulatedSecrets.Mark.AsSpan();
        var found = change.Snapshot is { } snapshot && snapshot.Span.IndexOf(marks) >= 0;
        foreach (var happened in change.Events) found |= happened.Json.Span.IndexOf(marks) >= 0;
        foreach (var work in commit.Enqueue) found |= work.Input.Span.IndexOf(marks) >= 0;
        if (found) world.Violate(FlowInvariants.Trust, $"a secret is stored in plain text by {change.Claim.Stream}");
    }

    /// <summary>Messages arrive at least once here: a rule of the deciders, not of the store.</summary>
    private IEnumerable<NewWork> Carried(NewWork work)
    {
        if (world.Plants(PlantedFault.MessageLost) && world.OneIn(50)) yield break;
        yield return work;
        if (work.RequestKey is not null || !world.Trouble(25)) yield break;
        world.Count(FlowSituations.MessageAgain);
        yield return work with { After = work.After + world.Seconds(0, 90) };
    }

    private CommitResult Force(FlowCommit commit)
    {
        var change = commit.Change!;
        var version = World.Now(inner.LoadAsync(change.Claim.Stream, default))?.Version ?? 0;
        commit = commit with { Change = change with { Claim = newest[change.Claim.Stream], ExpectedVersion = version } };
        var result = World.Now(inner.CommitAsync(commit, default));
        return result.Status == CommitStatus.WorkGone ? World.Now(inner.CommitAsync(commit with { Complete = [] }, default)) : result;
    }
}
