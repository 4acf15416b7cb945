using System.Diagnostics;
using Flow.Engine;
using Flow.Storage;
using Flow.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Benchmarks.Durable;

/// <summary>
/// The same rows with the same bytes, written by the same prepared statements to the same tables under the same settings, by one thread that does nothing else:
/// nothing is decided, serialized, checked, queued or awaited. Everything but the statements is prepared before the clock starts.
/// </summary>
internal sealed class BareStatements : IDisposable
{
    private sealed record Row(long Stream, bool First, StreamChange? Change, (long Id, NewWork Work, long Due)[] Enqueued, long[] Completed);

    private readonly SqliteDatabase database;
    private readonly CommitSql sql;
    private readonly List<Row> rows = [];
    private readonly Dictionary<StreamId, long> streams = [];
    private readonly Dictionary<StreamId, List<(bool Delayed, long Id)>> inboxes = [];
    private readonly long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private long position, input;

    public BareStatements(string path, CommitTape tape)
    {
        database = SqliteDatabase.TryOpen(new() { Path = path }, unread: true, NullLogger.Instance) ?? throw new InvalidOperationException($"{path} is in use.");
        sql = new(database.Handle);
        foreach (var commit in tape.Commits) rows.Add(Prepare(commit, tape));
    }

    /// <summary>Writes commits [from, to), so many in one transaction. Returns the seconds of each transaction.</summary>
    public List<double> Write(int from, int to, int together)
    {
        List<double> seconds = new((to - from) / together + 1);
        for (var at = from; at < to; at += together)
        {
            var started = Stopwatch.GetTimestamp();
            sql.Begin();
            for (var i = at; i < Math.Min(at + together, to); i++) Write(rows[i]);
            sql.Commit();
            seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        return seconds;
    }

    private void Write(Row row)
    {
        if (row.Change is { } change)
        {
            if (row.First) sql.Insert(row.Stream, change);
            else sql.Update(row.Stream, change);
            foreach (var happened in change.Events) sql.Append(++position, row.Stream, change.ExpectedVersion + 1, happened, now);
            foreach (var id in row.Completed) sql.Complete(id);
        }
        foreach (var (id, work, due) in row.Enqueued) sql.Enqueue(id, work, due);
    }

    private Row Prepare(TapedCommit commit, CommitTape tape)
    {
        StreamChange? change = null;
        var (row, first) = (0L, false);
        if (commit.Changes)
        {
            first = streams.TryAdd(commit.Stream, streams.Count + 1);
            row = streams[commit.Stream];
            change = new()
            {
                Claim = new(commit.Stream, 1),
                ExpectedVersion = commit.Version,
                Owes = commit.Owes,
                Snapshot = commit.Snapshot is { } s ? tape.Read(s.Start, s.Length) : null,
                Events = [.. commit.Events.Select(e => new NewEvent(e.Type, tape.Read(e.Start, e.Length)))],
            };
        }
        long[] completed = [.. Enumerable.Range(0, commit.Completes).Select(_ => Take(commit.Stream))];
        (long, NewWork, long)[] enqueued = [.. commit.Enqueued.Select(w => (Give(w.To, w.After), new NewWork(w.To, tape.Read(w.Start, w.Length), w.After, w.Request), now + (long)w.After.TotalMilliseconds))];
        return new(row, first, change, enqueued, completed);
    }

    private long Give(StreamId to, TimeSpan after)
    {
        if (!inboxes.TryGetValue(to, out var inbox)) inboxes[to] = inbox = [];
        inbox.Add((after > TimeSpan.Zero, ++input));
        return input;
    }

    // Which one it was does not matter: it is an input of this stream that is there.
    private long Take(StreamId of)
    {
        var inbox = inboxes[of];
        var at = inbox.FindIndex(w => !w.Delayed);
        var id = inbox[at < 0 ? 0 : at].Id;
        inbox.RemoveAt(at < 0 ? 0 : at);
        return id;
    }

    public void Dispose()
    {
        sql.Dispose();
        database.Dispose();
    }
}
