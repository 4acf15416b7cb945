namespace Flow.Reliability.Tests.Models.Logs;

/// <summary>A text that grows, who writes it, and whether the last of them has said that this was all.</summary>
internal sealed class LogModel
{
    private const string Torn = "\n[flow] The writer of this log ended in the middle of the line above.\n";
    private const int Segment = LogUnderTest.SegmentBytes;
    private readonly HashSet<int> writers = [];
    private string text = "";
    private int kept;
    private bool exists, complete;
    /// <summary>Where the newest file begins, when it has lost all it had: nothing before it is lost any more.</summary>
    private int emptyFrom;

    public Dictionary<int, string> Answers { get; } = [];

    public bool ShowsAll { get; init; }

    public void Do(LogCall call) => Answers[call.Id] = $"{Answer(call)}{(ShowsAll ? $"; {All()}" : "")}";

    private string Answer(LogCall call)
    {
        switch (call)
        {
            case OpensWriter opens when !writers.Contains(opens.Writer):
                if (writers.Count == 0)
                {
                    complete = false;
                    // What was dropped may have ended in anything.
                    if (text.Length > kept && text[^1] != '\n') Write(Torn);
                }
                exists = true;
                writers.Add(opens.Writer);
                return "";
            case Appends appends when writers.Contains(appends.Writer):
                Write(appends.Text);
                return $"{text.Length}";
            case Completes completes when writers.Remove(completes.Writer):
                complete = writers.Count == 0;
                return "";
            case Dies dies when writers.Remove(dies.Writer): return "";
            case Reads reads:
                var from = (int)Math.Clamp(reads.Offset, kept, text.Length);
                // A piece ends with its file, at the latest.
                var to = Math.Min(Math.Min(from + reads.Max, text.Length), (from / Segment + 1) * Segment);
                return $"{from} '{text[from..to]}'{(complete && to == text.Length ? " complete" : "")}";
            case Tails tails when complete:
                var start = (int)Math.Clamp(tails.Offset, kept, text.Length);
                return $"{start} {text[start..]}";
            case Lists: return exists ? "run/shop-staging.1/build" : "";
            case Deletes when writers.Count == 0:
                (text, kept, exists, complete, emptyFrom) = ("", 0, false, false, 0);
                return "";
            case LosesItsEnd loses when writers.Count == 0 && exists:
                var newest = text.Length == 0 ? 0 : (text.Length - 1) / Segment * Segment;
                text = text[..Math.Max(Math.Max(newest, emptyFrom), text.Length - loses.Bytes)];
                if (text.Length == newest) emptyFrom = newest;
                return "";
            default: return "";
        }
    }

    public string All() => $"from {kept}: {text[kept..]}{(complete ? " complete" : "")}";

    private void Write(string added)
    {
        // Files are full but for the newest; whenever one more is begun, the oldest go.
        for (var end = (text.Length + Segment - 1) / Segment * Segment; end < text.Length + added.Length; end += Segment)
            while (end > 0 && end - (kept + Segment) >= LogUnderTest.RetainedBytes) kept += Segment;
        text += added;
    }
}
