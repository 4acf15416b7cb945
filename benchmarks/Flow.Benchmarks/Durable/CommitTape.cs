using System.Diagnostics;
using Flow.Engine;
using Flow.Storage;

namespace Flow.Benchmarks.Durable;

/// <summary>A commit as the engine asked for it; its bytes lie on the tape.</summary>
internal sealed class TapedCommit
{
    public long At;
    public StreamId Stream;
    public bool Changes, Owes, StepEnds;
    public int Version;
    public (int Start, int Length)? Snapshot;
    public required (string Type, int Start, int Length)[] Events;
    public required (StreamId To, int Start, int Length, TimeSpan After, string? Request)[] Enqueued;
    public required int Completes;
}

/// <summary>
/// Everything that an engine commits, with its bytes, in an order in which nothing comes before its cause. Copied into one block, so that what is kept costs the
/// engine's garbage collector nothing.
/// </summary>
internal sealed class CommitTape
{
    private readonly Lock gate = new();
    private readonly byte[] block = GC.AllocateUninitializedArray<byte>(192 * 1024 * 1024, pinned: true);
    private readonly List<TapedCommit> commits = new(65_536);
    private int used;

    public int Count { get { lock (gate) return commits.Count; } }
    public IReadOnlyList<TapedCommit> Commits => commits;
    public long Bytes => used;

    public ReadOnlyMemory<byte> Read(int start, int length) => block.AsMemory(start, length);

    public void Rewind()
    {
        lock (gate)
        {
            commits.Clear();
            used = 0;
        }
    }

    public void Add(FlowCommit commit)
    {
        if (commit.Reserve.Count > 0 || commit.Answers.Count > 0) throw new InvalidOperationException("No run of the benchmark asks or answers.");
        var now = Stopwatch.GetTimestamp();
        lock (gate)
        {
            var change = commit.Change;
            var taped = new TapedCommit
            {
                At = now,
                Changes = change is not null,
                Stream = change?.Claim.Stream ?? default,
                Owes = change?.Owes == true,
                Version = (int)(change?.ExpectedVersion ?? 0),
                Snapshot = change?.Snapshot is { } snapshot ? (Copy(snapshot), snapshot.Length) : null,
                StepEnds = change is not null && change.Events.Any(e => e.Type == "run.step-succeeded"),
                Events = change is null ? [] : [.. change.Events.Select(e => (e.Type, Copy(e.Json), e.Json.Length))],
                Enqueued = [.. commit.Enqueue.Select(w => (w.To, Copy(w.Input), w.Input.Length, w.After, w.RequestKey))],
                Completes = commit.Complete.Count,
            };
            commits.Add(taped);
        }
    }

    private int Copy(ReadOnlyMemory<byte> bytes)
    {
        var start = used;
        bytes.Span.CopyTo(block.AsSpan(start));
        used += bytes.Length;
        return start;
    }
}
