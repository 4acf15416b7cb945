using Flow.Engine;

namespace Flow.Storage;

/// <summary>The rows of <see cref="MemoryFlowStore"/>, used under its lock.</summary>
internal sealed class MemoryTables
{
    internal sealed class StreamRow
    {
        public required StreamRecord Record { get; set; }
        public List<StoredEvent> Events { get; } = [];
    }

    private sealed class KeyRow
    {
        public required DateTimeOffset At { get; init; }
        public required bool Waits { get; init; }
        public ReadOnlyMemory<byte>? Answer { get; set; }
    }

    private readonly Dictionary<StreamId, StreamRow> rows = [];
    private readonly Dictionary<string, List<string>> kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KeyRow> keys = new(StringComparer.Ordinal);

    public List<StoredEvent> Events { get; } = [];
    public long LastPosition { get; private set; }

    public StreamRow? Find(StreamId stream) => rows.GetValueOrDefault(stream);

    public void Change(StreamChange change, DateTimeOffset at)
    {
        var stream = change.Claim.Stream;
        var row = Find(stream);
        var record = new StreamRecord(stream, change.ExpectedVersion + 1, change.Snapshot?.ToArray() ?? row?.Record.Snapshot ?? default, change.Owes);
        if (row is null)
        {
            rows[stream] = row = new() { Record = record };
            if (!kinds.TryGetValue(stream.Kind, out var sorted)) kinds[stream.Kind] = sorted = [];
            sorted.Insert(~sorted.BinarySearch(stream.Key, StringComparer.Ordinal), stream.Key);
        }
        row.Record = record;
        foreach (var happened in change.Events)
        {
            var stored = new StoredEvent(++LastPosition, stream, record.Version, happened.Type, at, happened.Json.ToArray());
            row.Events.Add(stored);
            Events.Add(stored);
        }
    }

    public void Forget(StreamId stream)
    {
        if (!rows.Remove(stream)) return;
        Events.RemoveAll(e => e.Stream == stream);
        kinds[stream.Kind].Remove(stream.Key);
    }

    public IReadOnlyList<StreamRecord> List(string kind, string? afterKey, int max)
    {
        if (!kinds.TryGetValue(kind, out var sorted)) return [];
        var at = afterKey is null ? -1 : sorted.BinarySearch(afterKey, StringComparer.Ordinal);
        var from = afterKey is null ? 0 : at >= 0 ? at + 1 : ~at;
        return [.. sorted.Skip(from).Take(max).Select(key => rows[new(kind, key)].Record)];
    }

    public static IReadOnlyList<StoredEvent> Page(List<StoredEvent> events, long afterPosition, int max)
    {
        var (from, to) = (0, events.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (events[middle].Position <= afterPosition) from = middle + 1;
            else to = middle;
        }
        return events.GetRange(from, Math.Min(max, events.Count - from));
    }

    public string? FirstTaken(IReadOnlyList<string> wanted)
    {
        for (var i = 0; i < wanted.Count; i++)
            if (keys.ContainsKey(wanted[i]) || wanted.Take(i).Contains(wanted[i], StringComparer.Ordinal)) return wanted[i];
        return null;
    }

    public void Reserve(string key, DateTimeOffset at, bool waits) => keys[key] = new() { At = at, Waits = waits };

    public bool Answer(string key, ReadOnlyMemory<byte> answer)
    {
        if (!keys.TryGetValue(key, out var row)) return false;
        row.Answer = answer.ToArray();
        return true;
    }

    public KeyRecord? FindKey(string key) => keys.TryGetValue(key, out var row) ? new(key, row.Answer) : null;

    public int Prune(DateTimeOffset now, TimeSpan olderThan, int atMost)
    {
        var young = Events.FindIndex(e => now - e.At <= olderThan);
        var old = Math.Min(young < 0 ? Events.Count : young, atMost);
        foreach (var gone in Events.Take(old)) rows[gone.Stream].Events.Remove(gone);
        Events.RemoveRange(0, old);
        var oldKeys = keys.Where(k => now - k.Value.At > olderThan && !(k.Value.Waits && k.Value.Answer is null)).Select(k => k.Key).Take(atMost - old).ToList();
        oldKeys.ForEach(key => keys.Remove(key));
        return old + oldKeys.Count;
    }
}
