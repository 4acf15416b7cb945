using System.Buffers;
using System.Text;
using Flow.Engine;

namespace Flow.Storage;

/// <summary>What no store can make sense of.</summary>
internal static class CommitShape
{
    public static void ThrowIfMalformed(this FlowCommit commit)
    {
        ArgumentNullException.ThrowIfNull(commit);
        if (commit.Change is { } change)
        {
            Check(change.Claim.Stream);
            if (change.ExpectedVersion < 0)
                throw new ArgumentException("StreamChange.ExpectedVersion is 0 for a stream that was never written, and grows from there.", nameof(commit));
            if (change.Unwritten && (change is not { ExpectedVersion: 0, Snapshot: null, Owes: false, Forget: false } || change.Events.Count > 0))
                throw new ArgumentException("StreamChange.Unwritten changes nothing, of a stream that was never written.", nameof(commit));
            for (var i = 0; i < change.Events.Count; i++) Check(change.Events[i].Type, "NewEvent.Type");
        }
        else if (commit.Complete.Count > 0)
            throw new ArgumentException("Only the holder of a stream can complete its inputs: set FlowCommit.Change.", nameof(commit));
        for (var i = 0; i < commit.Enqueue.Count; i++)
        {
            Check(commit.Enqueue[i].To);
            if (commit.Enqueue[i].RequestKey is { } key) Check(key, "NewWork.RequestKey");
        }
        for (var i = 0; i < commit.Reserve.Count; i++) Check(commit.Reserve[i], "FlowCommit.Reserve");
        for (var i = 0; i < commit.Answers.Count; i++) Check(commit.Answers[i].Key, "FlowCommit.Answers");
    }

    private static void Check(StreamId stream)
    {
        Check(stream.Kind, "StreamId.Kind");
        Check(stream.Key, "StreamId.Key");
    }

    // Otherwise two keys that differ could be one in a database, or end at the NUL.
    private static void Check(string? text, string what)
    {
        if (string.IsNullOrEmpty(text)) throw new ArgumentException($"{what} is empty.");
        if (text.Contains('\0', StringComparison.Ordinal) || !IsWellFormed(text)) throw new ArgumentException($"{what} must be well-formed Unicode without NUL.");
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAnyInRange('\ud800', '\udfff') is >= 0 and var at)
        {
            if (Rune.DecodeFromUtf16(text[at..], out _, out var length) != OperationStatus.Done) return false;
            text = text[(at + length)..];
        }
        return true;
    }
}
