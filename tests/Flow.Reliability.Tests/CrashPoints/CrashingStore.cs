using System.Text.Json;
using Flow.Engine;
using Flow.Storage;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>
/// The SQLite store as one life reaches it. Every call waits for the store's own threads, so that the engine's side stays on one thread; what is due is looked
/// up, not signalled.
/// </summary>
internal sealed class CrashingStore(Life life, SqliteFile file, CrashCase play) : IFlowStore
{
    private readonly List<(Claim Claim, TaskCompletionSource Arrived)> waiting = [];
    private string? lag;

    /// <summary>What the next life finds.</summary>
    public string Leave()
    {
        var left = lag ?? file.Image();
        lag = null;
        return left;
    }

    public void Discard()
    {
        if (lag is not null) SqliteFile.Remove(lag);
    }

    public IReadOnlyList<Claim> Claim(string node)
    {
        var claims = Done(file.Store.ClaimAsync(node, 256, StreamPump.Lease, default));
        if (claims.Count == 0) return [];
        // The claims are there already: a crash before and one after leave the same file.
        var answer = life.CallAsync(() => $"claim of {string.Join(", ", claims.Select(c => c.Stream))}", Fault.CrashAfter | Fault.AnswerLost, () => claims, default);
        return answer.IsCompletedSuccessfully ? answer.Result : [];
    }

    public ValueTask<CommitResult> CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
    {
        if (play.Plant != Plant.MessagesApart || commit.Enqueue.Count == 0 || commit.Change is null) return WriteAsync(commit, cancellationToken);
        return ApartAsync();

        async ValueTask<CommitResult> ApartAsync()
        {
            var result = await WriteAsync(commit with { Enqueue = [] }, cancellationToken);
            if (result.Status == CommitStatus.Ok) await WriteAsync(new() { Enqueue = commit.Enqueue }, cancellationToken);
            return result;
        }
    }

    public ValueTask<StreamRecord?> LoadAsync(StreamId stream, CancellationToken cancellationToken) =>
        life.CallAsync(() => $"load of {stream}", Fault.Error, () => Done(file.Store.LoadAsync(stream, default)), cancellationToken);

    public ValueTask<IReadOnlyList<WorkItem>> ReadWorkAsync(Claim claim, int max, CancellationToken cancellationToken) =>
        life.CallAsync(() => $"read of the inputs of {claim.Stream}", Fault.Error, () => Done(file.Store.ReadWorkAsync(claim, max, default)), cancellationToken);

    public ValueTask<bool> RenewAsync(Claim claim, TimeSpan lease, CancellationToken cancellationToken) =>
        life.CallAsync(() => $"renewal of {claim.Stream}", Fault.OfAWrite, () => Done(file.Store.RenewAsync(claim, lease, default)), cancellationToken);

    public async ValueTask ReleaseAsync(Claim claim, TimeSpan notBefore, CancellationToken cancellationToken) =>
        await life.CallAsync(() => $"release of {claim.Stream}", Fault.OfAWrite, () => Release(claim, notBefore), cancellationToken);

    private bool Release(Claim claim, TimeSpan notBefore)
    {
        file.Store.ReleaseAsync(claim, notBefore, default).AsTask().GetAwaiter().GetResult();
        return true;
    }

    public Task WaitForWorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        // Sets the store's alarm for what is due later; its signal would come on another thread.
        _ = file.Store.WaitForWorkAsync(claim, cancellationToken);
        var arrived = new TaskCompletionSource();
        waiting.Add((claim, arrived));
        cancellationToken.Register(() =>
        {
            waiting.RemoveAll(w => w.Arrived == arrived);
            arrived.TrySetCanceled(cancellationToken);
        });
        return arrived.Task;
    }

    /// <summary>Wakes one who waits for an input that is there. False when there is none.</summary>
    public bool WakeOne()
    {
        var at = waiting.FindIndex(w => Done(file.Store.ReadWorkAsync(w.Claim, 1, default)).Count > 0);
        if (at < 0) return false;
        var arrived = waiting[at].Arrived;
        waiting.RemoveAt(at);
        arrived.TrySetResult();
        return true;
    }

    public ValueTask<KeyRecord?> FindKeyAsync(string key, CancellationToken cancellationToken) => file.Store.FindKeyAsync(key, cancellationToken);
    public ValueTask<IReadOnlyList<StreamRecord>> ListAsync(string kind, string? afterKey, int max, CancellationToken cancellationToken) => file.Store.ListAsync(kind, afterKey, max, cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(long afterPosition, int max, CancellationToken cancellationToken) => file.Store.ReadEventsAsync(afterPosition, max, cancellationToken);
    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamEventsAsync(StreamId stream, long afterPosition, int max, CancellationToken cancellationToken) => file.Store.ReadStreamEventsAsync(stream, afterPosition, max, cancellationToken);
    public ValueTask<long> CountEventsAsync(CancellationToken cancellationToken) => file.Store.CountEventsAsync(cancellationToken);
    public ValueTask<IReadOnlyList<Claim>> ClaimAsync(string node, int max, TimeSpan lease, CancellationToken cancellationToken) => throw new NotSupportedException("A life claims by itself.");
    public Task WaitForClaimsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task WaitForAnswerAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task WaitForEventsAsync(long afterPosition, CancellationToken cancellationToken) => throw new NotSupportedException();
    public ValueTask<int> PruneAsync(TimeSpan olderThan, CancellationToken cancellationToken) => throw new NotSupportedException();

    private ValueTask<CommitResult> WriteAsync(FlowCommit commit, CancellationToken cancellationToken)
    {
        if (play.Plant == Plant.OwesForgotten && commit.Change is { } change) commit = commit with { Change = change with { Owes = false } };
        return life.CallAsync(() => Describe(commit), Fault.OfAWrite, () => Write(commit), cancellationToken);
    }

    private CommitResult Write(FlowCommit commit)
    {
        if (play.Plant == Plant.AckBeforeDurable)
        {
            Discard();
            lag = file.Image();
        }
        var result = Done(file.Store.CommitAsync(commit, default));
        if (result.Status == CommitStatus.Ok) play.Committed(life, commit);
        return result;
    }

    internal static T Done<T>(ValueTask<T> answer) => answer.IsCompleted ? answer.Result : answer.AsTask().GetAwaiter().GetResult();

    private static string Describe(FlowCommit commit) => commit.Change is { } change
        ? $"commit {change.ExpectedVersion + 1} of {change.Claim.Stream} ({(change.Events.Count > 0 ? string.Join(", ", change.Events.Select(e => $"{e.Type}{Step(e.Json)}")) : change.Forget ? "forgotten" : "no event")})"
        : $"post to {string.Join(", ", commit.Enqueue.Select(w => $"{w.To} ({Name(w.Input)})"))}";

    private static string Step(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty("step", out var step) ? $" {step}" : "";
    }

    private static string Name(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("$").ToString();
    }
}
