using System.Runtime.CompilerServices;

namespace Flow.Logs;

/// <summary>
/// Logs as files: a directory for each log, segments named by the offset of their first byte. Everything a reader must know (end, completion)
/// is on disk, so writer and reader may be different processes, such as a supervisor and the host.
/// </summary>
/// <remarks>
/// <para>Several writers of one log (the engine's step and the command it started) are serialised append by append; the log is complete when the
/// last of them says so. The oldest segments go when a log grows beyond <see cref="RetainedBytes"/>; offsets never change.</para>
/// <para>Nothing is flushed to the device: a power failure may take the last seconds of a log.</para>
/// </remarks>
public sealed class FileLogStore : ILogStore
{
    private const int TailBytes = 64 * 1024;
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(25), LastPoll = TimeSpan.FromSeconds(1);
    private readonly string root;
    private readonly TimeProvider timeProvider;

    /// <summary>Opens a store; the directory is made when the first log is written.</summary>
    /// <param name="directory">Belongs to this store alone.</param>
    /// <param name="timeProvider">Paces the polling of tails; null for the system's.</param>
    public FileLogStore(string directory, TimeProvider? timeProvider = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        root = Path.GetFullPath(directory);
        this.timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Size at which a new segment begins, in bytes. Default 4 MiB.</summary>
    public int SegmentBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How much of one log is kept, in bytes, to the nearest segment; the oldest part goes first. Default 64 MiB.</summary>
    public long RetainedBytes { get; init; } = 64L * 1024 * 1024;

    /// <inheritdoc/>
    public async ValueTask<ILogWriter> OpenAsync(LogId log, CancellationToken cancellationToken)
    {
        var directory = DirectoryOf(log);
        try
        {
            return await FileLogWriter.OpenAsync(directory, SegmentBytes, RetainedBytes, cancellationToken);
        }
        catch (Exception e) when (FileLogTrouble.Is(e)) { throw FileLogTrouble.Of(log, e); }
    }

    /// <inheritdoc/>
    /// <remarks>An offset beyond the end reads as empty at the end, so <see cref="long.MaxValue"/> asks how long the log is.</remarks>
    public async ValueTask<LogChunk> ReadAsync(LogId log, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        var directory = DirectoryOf(log);
        try
        {
            return await ReadAsync(directory, offset, maxBytes, cancellationToken);
        }
        catch (Exception e) when (FileLogTrouble.Is(e)) { throw FileLogTrouble.Of(log, e); }
    }

    private static async Task<LogChunk> ReadAsync(FileLogDirectory directory, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Completion is looked at before the end: what was complete then has its end in sight.
            var complete = directory.IsComplete();
            var segments = directory.Segments();
            if (segments.Count == 0) return new(0, default, complete);
            var end = segments[^1] + directory.LengthOf(segments[^1]);
            var from = Math.Clamp(offset, segments[0], end);
            if (from == end) return new(end, default, complete);

            var start = segments.Last(s => s <= from);
            var bytes = await ReadSegmentAsync(directory, start, from, maxBytes, cancellationToken);
            if (bytes.Length > 0) return new(from, bytes, complete && from + bytes.Length == end);
            // A segment may be dropped while it is looked at, and a power failure may have taken its end: what is left is looked at anew, from the next one on.
            offset = segments.Find(s => s > from) is > 0 and var next ? next : from;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogChunk> TailAsync(LogId log, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Polled: the writer may be another process. No handle, watcher or buffer is held between two looks.
        for (var poll = FirstPoll; ;)
        {
            var chunk = await ReadAsync(log, offset, TailBytes, cancellationToken);
            if (chunk.Bytes.Length > 0 || chunk.Complete)
            {
                yield return chunk;
                if (chunk.Complete) yield break;
                (offset, poll) = (chunk.Next, FirstPoll);
                continue;
            }

            await Task.Delay(poll, timeProvider, cancellationToken);
            poll = poll * 2 < LastPoll ? poll * 2 : LastPoll;
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LogId>> ListAsync(LogId prefix, CancellationToken cancellationToken)
    {
        try
        {
            return new(List(prefix, cancellationToken));
        }
        catch (Exception e) when (FileLogTrouble.Is(e)) { throw FileLogTrouble.Of(prefix, e); }
    }

    private List<LogId> List(LogId prefix, CancellationToken cancellationToken)
    {
        List<LogId> found = [];
        List<LogId> open = [prefix];
        while (open.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var log = open[^1];
            open.RemoveAt(open.Count - 1);
            var directory = DirectoryOf(log);
            if (directory.Exists()) found.Add(log);
            foreach (var child in directory.Children())
                if (LogId.TryParse($"{log}/{child}", null, out var id)) open.Add(id);
        }

        found.Sort((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));
        return found;
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(LogId prefix, CancellationToken cancellationToken)
    {
        try
        {
            DirectoryOf(prefix).Delete();
            return default;
        }
        catch (Exception e) when (FileLogTrouble.Is(e)) { throw FileLogTrouble.Of(prefix, e); }
    }

    private FileLogDirectory DirectoryOf(LogId log) => log == default
        ? throw new ArgumentException("A log has a name: LogId.Parse(\"run/shop-staging.12/build\").", nameof(log))
        : new(root, log);

    private static async ValueTask<ReadOnlyMemory<byte>> ReadSegmentAsync(FileLogDirectory directory, long start, long from, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            using var file = File.OpenHandle(directory.PathOf(start), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = (int)Math.Clamp(RandomAccess.GetLength(file) - (from - start), 0, maxBytes);
            var buffer = new byte[length];
            var read = await RandomAccess.ReadAsync(file, buffer, from - start, cancellationToken);
            return buffer.AsMemory(0, read);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return default;
        }
    }
}
