using Flow.Logs;

namespace Flow.Reliability.Tests.CrashPoints;

internal sealed class CrashingLogs(Life life, ILogStore inner) : CrashingAdapter(life), ILogStore
{
    public async ValueTask<ILogWriter> OpenAsync(LogId log, CancellationToken cancellationToken) =>
        new Writer(this, log, await CallAsync($"log.open {log}", () => inner.OpenAsync(log, default), cancellationToken));

    public ValueTask DeleteAsync(LogId prefix, CancellationToken cancellationToken) => CallAsync($"log.delete {prefix}", () => inner.DeleteAsync(prefix, default), cancellationToken);
    public ValueTask<LogChunk> ReadAsync(LogId log, long offset, int maxBytes, CancellationToken cancellationToken) => inner.ReadAsync(log, offset, maxBytes, cancellationToken);
    public IAsyncEnumerable<LogChunk> TailAsync(LogId log, long offset, CancellationToken cancellationToken) => inner.TailAsync(log, offset, cancellationToken);
    public ValueTask<IReadOnlyList<LogId>> ListAsync(LogId prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    private sealed class Writer(CrashingLogs logs, LogId log, ILogWriter inner) : ILogWriter
    {
        public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken) => logs.CallAsync($"log.append {log}", () => inner.AppendAsync(text, default), cancellationToken);
        public ValueTask CompleteAsync(CancellationToken cancellationToken) => logs.CallAsync($"log.complete {log}", () => inner.CompleteAsync(default), cancellationToken);
        public ValueTask DisposeAsync() => logs.CallAsync($"log.close {log}", inner.DisposeAsync, default);
    }
}
