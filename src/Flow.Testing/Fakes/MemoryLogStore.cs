using System.Runtime.CompilerServices;
using Flow.Logs;

namespace Flow.Testing.Fakes;

/// <summary>Logs in memory.</summary>
public sealed class MemoryLogStore : ILogStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, (MemoryStream Bytes, bool Complete)> logs = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<ILogWriter> OpenAsync(LogId log, CancellationToken cancellationToken)
    {
        lock (gate) logs.TryAdd(log.ToString(), (new(), false));
        return ValueTask.FromResult<ILogWriter>(new Writer(this, log.ToString()));
    }

    /// <inheritdoc/>
    public ValueTask<LogChunk> ReadAsync(LogId log, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!logs.TryGetValue(log.ToString(), out var found)) return ValueTask.FromResult(new LogChunk(0, default, false));
            var bytes = found.Bytes.ToArray();
            var from = (int)Math.Clamp(offset, 0, bytes.Length);
            var to = Math.Min(bytes.Length, from + maxBytes);
            return ValueTask.FromResult(new LogChunk(from, bytes.AsMemory(from..to), found.Complete && to == bytes.Length));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogChunk> TailAsync(LogId log, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var chunk = await ReadAsync(log, offset, 64 * 1024, cancellationToken);
            if (chunk.Bytes.Length > 0 || chunk.Complete) yield return chunk;
            if (chunk.Complete) yield break;
            if (chunk.Bytes.Length == 0) await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            offset = chunk.Next;
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LogId>> ListAsync(LogId prefix, CancellationToken cancellationToken)
    {
        lock (gate) return ValueTask.FromResult<IReadOnlyList<LogId>>([.. logs.Keys.Where(k => IsBelow(k, prefix)).Select(k => LogId.Parse(k))]);
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(LogId prefix, CancellationToken cancellationToken)
    {
        lock (gate)
            foreach (var key in logs.Keys.Where(k => IsBelow(k, prefix)).ToList()) logs.Remove(key);
        return ValueTask.CompletedTask;
    }

    private static bool IsBelow(string key, LogId prefix) => key == prefix.ToString() || key.StartsWith(prefix + "/", StringComparison.Ordinal);

    private sealed class Writer(MemoryLogStore store, string key) : ILogWriter
    {
        public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
        {
            lock (store.gate)
            {
                if (!store.logs.TryGetValue(key, out var log)) store.logs[key] = log = (new(), false);
                log.Bytes.Write(text.Span);
                return ValueTask.FromResult(log.Bytes.Length);
            }
        }

        public ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            lock (store.gate)
                if (store.logs.TryGetValue(key, out var log)) store.logs[key] = (log.Bytes, true);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
