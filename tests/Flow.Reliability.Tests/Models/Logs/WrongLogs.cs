using System.Runtime.CompilerServices;
using System.Text;
using Flow.Logs;

namespace Flow.Reliability.Tests.Models.Logs;

/// <summary>A log store that does one thing wrong, before a right one.</summary>
internal sealed class WrongLog(ILogStore right) : ILogStore
{
    public Func<LogChunk, LogChunk> Chunk { get; init; } = chunk => chunk;
    public Func<long, long> End { get; init; } = end => end;
    public Func<ReadOnlyMemory<byte>, IEnumerable<ReadOnlyMemory<byte>>> Pieces { get; init; } = text => [text];
    public bool CompletesWhenDisposed { get; init; }
    public bool TailsStopEarly { get; init; }
    public bool DeletesNothing { get; init; }

    public static readonly IReadOnlyDictionary<string, Func<ILogStore, ILogStore>> All = new Dictionary<string, Func<ILogStore, ILogStore>>
    {
        ["counts offsets from where it reads"] = right => new WrongLog(right) { Chunk = c => c.Bytes.Length > 3 ? c with { Bytes = c.Bytes[1..] } : c },
        ["is never complete"] = right => new WrongLog(right) { Chunk = c => c with { Complete = false } },
        ["is complete when a writer dies"] = right => new WrongLog(right) { CompletesWhenDisposed = true },
        ["answers the offset before what was appended"] = right => new WrongLog(right) { End = end => end - 1 },
        ["loses the end of long texts"] = right => new WrongLog(right) { Pieces = text => [text[..Math.Min(text.Length, 20)]] },
        ["hides that a writer died"] = right => new WrongLog(right) { Chunk = c => Encoding.UTF8.GetString(c.Bytes.Span).Contains("[flow]", StringComparison.Ordinal) ? c with { Bytes = default } : c },
        ["ends tails early"] = right => new WrongLog(right) { TailsStopEarly = true },
        ["keeps what was deleted"] = right => new WrongLog(right) { DeletesNothing = true },
    };

    /// <summary>Right for one writer: what it appends may have others' text in its middle.</summary>
    public static ILogStore InPieces(ILogStore right) => new WrongLog(right) { Pieces = text => [text[..(text.Length / 2)], text[(text.Length / 2)..]] };

    public async ValueTask<ILogWriter> OpenAsync(LogId log, CancellationToken cancellationToken) => new Writer(this, await right.OpenAsync(log, cancellationToken));
    public async ValueTask<LogChunk> ReadAsync(LogId log, long offset, int maxBytes, CancellationToken cancellationToken) => Chunk(await right.ReadAsync(log, offset, maxBytes, cancellationToken));

    public async IAsyncEnumerable<LogChunk> TailAsync(LogId log, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var chunk in right.TailAsync(log, offset, cancellationToken))
        {
            yield return chunk;
            if (TailsStopEarly) yield break;
        }
    }

    public ValueTask<IReadOnlyList<LogId>> ListAsync(LogId prefix, CancellationToken cancellationToken) => right.ListAsync(prefix, cancellationToken);
    public ValueTask DeleteAsync(LogId prefix, CancellationToken cancellationToken) => DeletesNothing ? default : right.DeleteAsync(prefix, cancellationToken);

    private sealed class Writer(WrongLog log, ILogWriter right) : ILogWriter
    {
        public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
        {
            var end = 0L;
            foreach (var piece in log.Pieces(text)) end = await right.AppendAsync(piece, cancellationToken);
            return log.End(end);
        }

        public ValueTask CompleteAsync(CancellationToken cancellationToken) => right.CompleteAsync(cancellationToken);
        public ValueTask DisposeAsync() => log.CompletesWhenDisposed ? right.CompleteAsync(default) : right.DisposeAsync();
    }
}
