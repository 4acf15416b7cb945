using System.Collections.Concurrent;
using System.Text;
using Flow.Logs;

namespace Flow.Reliability.Tests.Models.Logs;

/// <summary>One log in files, with writers that come and go; its answers are kept by the calls' ids.</summary>
internal sealed class LogUnderTest(Func<string, ILogStore> open) : IDisposable
{
    public const int SegmentBytes = 16, RetainedBytes = 64;
    private static readonly LogId Log = LogId.Parse("run/shop-staging.1/build");
    private readonly Lazy<string> directory = new(() => Directory.CreateTempSubdirectory("flow-model-log-").FullName);
    private readonly Dictionary<int, ILogWriter> writers = [];
    private ILogStore? store;

    public ConcurrentDictionary<int, string> Answers { get; } = new();

    private ILogStore Store => store ??= open(directory.Value);

    public static FileLogStore InFiles(string directory) => new(directory) { SegmentBytes = SegmentBytes, RetainedBytes = RetainedBytes };

    /// <summary>After each call the whole log is part of the answer: for calls from one thread.</summary>
    public bool ShowsAll { get; init; }

    public void Do(LogCall call) => Answers[call.Id] = $"{Answer(call)}{(ShowsAll ? $"; {All()}" : "")}";

    private string Answer(LogCall call)
    {
        switch (call)
        {
            case OpensWriter opens when !writers.ContainsKey(opens.Writer):
                writers[opens.Writer] = Now(Store.OpenAsync(Log, default));
                return "";
            case Appends appends when writers.TryGetValue(appends.Writer, out var writer): return $"{Now(writer.AppendAsync(Encoding.UTF8.GetBytes(appends.Text), default))}";
            case Completes completes when writers.Remove(completes.Writer, out var writer):
                writer.CompleteAsync(default).AsTask().GetAwaiter().GetResult();
                return "";
            case Dies dies when writers.Remove(dies.Writer, out var writer):
                writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
                return "";
            case Reads reads:
                var chunk = Now(Store.ReadAsync(Log, reads.Offset, reads.Max, default));
                return $"{chunk.Offset} '{Encoding.UTF8.GetString(chunk.Bytes.Span)}'{(chunk.Complete ? " complete" : "")}";
            case Tails tails when Now(Store.ReadAsync(Log, long.MaxValue, 1, default)).Complete: return Tail(tails.Offset);
            case Lists: return string.Join(' ', Now(Store.ListAsync(LogId.Parse("run"), default)));
            case Deletes when writers.Count == 0:
                Store.DeleteAsync(LogId.Parse("run"), default).AsTask().GetAwaiter().GetResult();
                return "";
            case LosesItsEnd loses when writers.Count == 0 && Newest() is { } newest:
                using (var file = File.OpenHandle(newest, FileMode.Open, FileAccess.Write)) RandomAccess.SetLength(file, Math.Max(0, RandomAccess.GetLength(file) - loses.Bytes));
                return "";
            default: return "";
        }
    }

    /// <summary>The whole log, read piece by piece.</summary>
    public string All()
    {
        var (text, offset) = (new StringBuilder(), 0L);
        while (true)
        {
            var chunk = Now(Store.ReadAsync(Log, offset, 7, default));
            if (text.Length == 0) text.Append($"from {chunk.Offset}: ");
            else if (chunk.Offset != offset) text.Append($"[gap at {offset}]");
            text.Append(Encoding.UTF8.GetString(chunk.Bytes.Span));
            if (chunk.Bytes.Length == 0) return $"{text}{(chunk.Complete ? " complete" : "")}";
            offset = chunk.Next;
        }
    }

    private string Tail(long offset)
    {
        var text = new StringBuilder();
        Go().WaitAsync(TimeSpan.FromMinutes(2)).GetAwaiter().GetResult();
        return text.ToString();

        async Task Go()
        {
            await foreach (var chunk in Store.TailAsync(Log, offset, default))
            {
                if (text.Length == 0) text.Append($"{chunk.Offset} ");
                text.Append(Encoding.UTF8.GetString(chunk.Bytes.Span));
            }
        }
    }

    private string? Newest() => Directory.Exists(Path.Combine(directory.Value, Log.ToString()))
        ? Directory.EnumerateFiles(Path.Combine(directory.Value, Log.ToString())).Where(f => Path.GetFileName(f).Length == 21).Max(StringComparer.Ordinal)
        : null;

    public void Dispose()
    {
        foreach (var writer in writers.Values) writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        writers.Clear();
        if (directory.IsValueCreated && Directory.Exists(directory.Value)) Directory.Delete(directory.Value, recursive: true);
    }

    private static T Now<T>(ValueTask<T> answer) => answer.AsTask().GetAwaiter().GetResult();
}
