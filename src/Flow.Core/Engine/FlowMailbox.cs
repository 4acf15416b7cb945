using System.Text.Json;
using Flow.Storage;
using Microsoft.Extensions.Logging;

namespace Flow.Engine;

/// <summary>The way in from outside: posts inputs to streams, durably, and brings the answer back.</summary>
internal sealed partial class FlowMailbox(IFlowStore store, StreamKinds kinds, TimeProvider time, ILogger<FlowMailbox> logger)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Durable when it returns. A <paramref name="key"/> that was used before posts nothing: idempotent by it.</summary>
    public async ValueTask PostAsync(StreamId to, Input input, string? key = null, CancellationToken cancellationToken = default) =>
        await CommitAsync(new() { Enqueue = [new(to, kinds.Of(to).WriteInput(input))], Reserve = key is null ? [] : [key] }, cancellationToken);

    /// <summary>
    /// Posts and waits for the stream's answer. Cancelling stops the waiting, not the request. Asked again under the same key, the first
    /// answer comes back.
    /// </summary>
    public async ValueTask<Answer> AskAsync(StreamId to, Input input, string? key = null, CancellationToken cancellationToken = default)
    {
        key = $"ask/{to}/{key ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N")}";
        await CommitAsync(new() { Enqueue = [new(to, kinds.Of(to).WriteInput(input), RequestKey: key)], Reserve = [key] }, cancellationToken);
        while (true)
        {
            if ((await store.FindKeyAsync(key, cancellationToken))?.Answer is { } answer) return JsonSerializer.Deserialize(answer.Span, FlowJson.Default.Answer)!;
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(store.WaitForAnswerAsync(key, waiting.Token), Task.Delay(LookInterval, time, waiting.Token));
            await waiting.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The state of a stream as last committed, or null.</summary>
    public async ValueTask<T?> ReadAsync<T>(StreamId stream, CancellationToken cancellationToken = default) where T : class =>
        await store.LoadAsync(stream, cancellationToken) is { } record ? (T)kinds.Of(stream).ReadState(record.Snapshot) : null;

    /// <summary>
    /// States of a kind, in order of their keys, page by page. One that cannot be read is logged and left out, so that it does not hide the others;
    /// whoever concludes something from what is <em>not</em> listed wants it <paramref name="whole"/>, and gets the exception. What does not pass
    /// <paramref name="where"/>, which sees the stored JSON, is not even read.
    /// </summary>
    public async IAsyncEnumerable<(StreamId Stream, T State)> ListAsync<T>(
        string kind, bool whole = false, Func<ReadOnlyMemory<byte>, bool>? where = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default) where T : class
    {
        string? after = null;
        while (await store.ListAsync(kind, after, 200, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var record in page)
                if (where?.Invoke(record.Snapshot) != false && Read(record, whole) is T state) yield return (record.Stream, state);
            after = page[^1].Stream.Key;
        }
    }

    private async ValueTask CommitAsync(FlowCommit commit, CancellationToken cancellationToken)
    {
        // Without a claim it can only mean that this engine's store belongs to somebody else now: nothing was written, and nobody would ever answer.
        if ((await store.CommitAsync(commit, cancellationToken)).Status == CommitStatus.FenceLost)
            throw new FlowException("store-taken-over", "Another engine has taken over the store: this one accepts nothing any more.", transient: true);
    }

    private object? Read(StreamRecord record, bool whole)
    {
        try
        {
            return kinds.Of(record.Stream).ReadState(record.Snapshot);
        }
        catch (JsonException wreck) when (!whole)
        {
            LogUnreadable(record.Stream, wreck);
            return null;
        }
    }

    [LoggerMessage(1020, LogLevel.Error, "{Stream} cannot be read; it is left out.")]
    private partial void LogUnreadable(StreamId stream, Exception wreck);
}
