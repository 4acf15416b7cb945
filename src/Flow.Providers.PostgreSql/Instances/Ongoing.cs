using System.Collections.Concurrent;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>Work that outlives the call that began it: whoever asks for the same again while it goes on finds it.</summary>
internal sealed class Ongoing<T> : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Work> all = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource end = new();

    /// <summary>Its result, if it comes within the caller's patience; null: it goes on.</summary>
    public async ValueTask<Result?> FollowAsync(string id, Func<CancellationToken, Task<T>> begin, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(end.IsCancellationRequested, this);
        var mine = new Work(CancellationTokenSource.CreateLinkedTokenSource(end.Token));
        var work = all.GetOrAdd(id, mine);
        if (work == mine) _ = RunAsync(id, mine, begin);
        else mine.Stop.Dispose();
        try { return new(await work.Done.Task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false)); }
        catch (TimeoutException) when (!work.Done.Task.IsCompleted) { return null; }
    }

    /// <summary>Stops it, and returns when it has stopped.</summary>
    public async ValueTask StopAsync(string id, CancellationToken cancellationToken)
    {
        if (!all.TryGetValue(id, out var work)) return;
        try { await work.Stop.CancelAsync().ConfigureAwait(false); }
        // It has ended meanwhile.
        catch (ObjectDisposedException) { }
        await ((Task)work.Done.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task RunAsync(string id, Work work, Func<CancellationToken, Task<T>> begin)
    {
        T result;
        try { result = await begin(work.Stop.Token).ConfigureAwait(false); }
        catch (OperationCanceledException) when (work.Stop.IsCancellationRequested)
        {
            Remove();
            work.Done.TrySetException(new FlowException("addon-stopped", "The work on the instance was stopped.", transient: true));
            return;
        }
        catch (Exception e)
        {
            Remove();
            work.Done.TrySetException(e);
            return;
        }
        Remove();
        work.Done.TrySetResult(result);

        void Remove()
        {
            all.TryRemove(new(id, work));
            work.Stop.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (end.IsCancellationRequested) return;
        await end.CancelAsync().ConfigureAwait(false);
        foreach (var work in all.Values) await ((Task)work.Done.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end.Dispose();
    }

    /// <summary>What came of it.</summary>
    public readonly record struct Result(T Value);

    private sealed class Work(CancellationTokenSource stop)
    {
        public CancellationTokenSource Stop { get; } = stop;
        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
