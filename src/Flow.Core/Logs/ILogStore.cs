using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Flow.Logs;

/// <summary>Names one append-only log: segments of letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, separated by <c>/</c>: <c>run/shop-staging-12/build</c>.</summary>
[JsonConverter(typeof(ParsableJsonConverter<LogId>))]
public readonly partial record struct LogId : IParsable<LogId>
{
    private readonly string? text;
    private LogId(string text) => this.text = text;

    /// <summary>A log below this one.</summary>
    public LogId Child(string segment) => Parse($"{text}/{segment}");

    /// <inheritdoc/>
    public override string ToString() => text ?? "";

    /// <inheritdoc cref="IParsable{TSelf}.Parse"/>
    public static LogId Parse(string s, IFormatProvider? provider = null) => Names.Parse<LogId>(s, "segments of letters, digits, '-', '_' and '.', separated by '/'");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out LogId result)
    {
        var good = s is { Length: <= 200 } && Pattern().IsMatch(s);
        result = good ? new(s!) : default;
        return good;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

/// <summary>
/// Append-only logs with byte offsets. Logs are not events: they are large, and losing the last second of one in a crash is allowed.
/// One writer per log at a time; any number of readers. What is appended has been masked already.
/// </summary>
/// <remarks>Trouble of the store itself (a full disk, missing rights, a service that is away) is a transient <see cref="FlowException"/> with the code <c>log-unavailable</c>, from every member here and of <see cref="ILogWriter"/>.</remarks>
public interface ILogStore
{
    /// <summary>Opens a log to append to. Disposing flushes. The log says so when an earlier writer died in mid-line.</summary>
    ValueTask<ILogWriter> OpenAsync(LogId log, CancellationToken cancellationToken);

    /// <summary>
    /// Reads what there is from a byte offset on, at most <paramref name="maxBytes"/>. An offset before the retained part starts at its beginning;
    /// <see cref="LogChunk.Offset"/> tells. One beyond the end reads as empty at the end: <see cref="long.MaxValue"/> asks how long the log is. A log that does not exist reads as empty and not complete.
    /// </summary>
    ValueTask<LogChunk> ReadAsync(LogId log, long offset, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Follows a log from an offset until it is complete or the caller cancels. Holds no buffer for a slow reader.</summary>
    IAsyncEnumerable<LogChunk> TailAsync(LogId log, long offset, CancellationToken cancellationToken);

    /// <summary>All logs at or below an id, ordinal order.</summary>
    ValueTask<IReadOnlyList<LogId>> ListAsync(LogId prefix, CancellationToken cancellationToken);

    /// <summary>Removes a log and all below it. Missing is success.</summary>
    ValueTask DeleteAsync(LogId prefix, CancellationToken cancellationToken);
}

/// <summary>The writing end of a log.</summary>
public interface ILogWriter : IAsyncDisposable
{
    /// <summary>Appends bytes (UTF-8) and returns the offset behind them.</summary>
    ValueTask<long> AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken);

    /// <summary>Says that nothing more will come: tails end.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}

/// <summary>A piece of a log.</summary>
/// <param name="Offset">Of its first byte.</param>
/// <param name="Bytes">The text, UTF-8; may end within a character.</param>
/// <param name="Complete">Nothing will come after it.</param>
public sealed record LogChunk(long Offset, ReadOnlyMemory<byte> Bytes, bool Complete)
{
    /// <summary>Where to go on reading.</summary>
    public long Next => Offset + Bytes.Length;
}
