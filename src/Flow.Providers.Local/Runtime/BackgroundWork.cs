using System.Collections.Concurrent;

namespace Flow.Providers.Local.Runtime;

/// <summary>
/// Work that takes longer than a call may: started once under an owner and a name, found going on by the calls that follow, never orphaned
/// (closing cancels it and waits). Whether it is done shows in what it did: a copy that is there, a process that runs.
/// </summary>
internal sealed class BackgroundWork : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task>> running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource closing = new();

    /// <summary>Starts it unless it goes on. Throws, once, what it failed with.</summary>
    public async ValueTask EnsureAsync(string owner, string name, Func<CancellationToken, Task> work)
    {
        ObjectDisposedException.ThrowIf(closing.IsCancellationRequested, this);
        var key = Key(owner, name);
        var token = closing.Token;
        var task = running.GetOrAdd(key, _ => new(() => Task.Run(() => RunAsync(key, work, token), CancellationToken.None))).Value;
        if (!task.IsCompleted || task.IsCompletedSuccessfully) return;
        running.TryRemove(key, out _);
        await task.ConfigureAwait(false);
    }

    /// <summary>Waits until nothing of an owner goes on; how it ended does not matter.</summary>
    public async Task SettleAsync(string owner, CancellationToken cancellationToken)
    {
        foreach (var (key, work) in running)
        {
            if (!key.StartsWith(Key(owner, ""), StringComparison.Ordinal)) continue;
            await QuietAsync(work.Value).WaitAsync(cancellationToken).ConfigureAwait(false);
            running.TryRemove(key, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (closing.IsCancellationRequested) return;
        await closing.CancelAsync().ConfigureAwait(false);
        await QuietAsync(Task.WhenAll(running.Values.Select(w => w.Value))).ConfigureAwait(false);
        closing.Dispose();
    }

    private async Task RunAsync(string key, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        await work(cancellationToken).ConfigureAwait(false);
        running.TryRemove(key, out _);
    }

    private static string Key(string owner, string name) => $"{owner}#{name}";

    private static async Task QuietAsync(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
