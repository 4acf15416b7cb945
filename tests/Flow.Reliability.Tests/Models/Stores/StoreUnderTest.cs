using System.Collections.Concurrent;
using System.Text;
using Flow.Engine;
using Flow.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Reliability.Tests.Models.Stores;

/// <summary>A real store, called as the calls say; its answers are kept by the calls' ids, as text.</summary>
/// <param name="open">On this clock, in this file.</param>
/// <param name="patience">So long after a call whoever waits must have heard; zero: inside the call.</param>
internal sealed class StoreUnderTest(Func<TimeProvider, StoreFile, IFlowStore> open, TimeSpan patience) : IDisposable
{
    private readonly FakeTimeProvider clock = new();
    private readonly List<Claim> claims = [];
    private Dictionary<Claim, (long Version, IReadOnlyList<WorkItem> Due)>? known;
    private StoreFile file = new();
    private IFlowStore? store;
    private bool disposed;

    private IFlowStore Store => store ??= open(clock, file);

    public ConcurrentDictionary<int, string> Answers { get; } = new();

    /// <summary>Streams that a call has claimed.</summary>
    public ConcurrentDictionary<int, IReadOnlyList<string>> Given { get; } = new();

    public StoreHints Hints { get; } = new(patience);

    public static StreamId Stream(int number) => new("app", $"s{number}");
    public static string Key(int number) => $"k{number}";

    /// <summary>From now on calls come from several threads: each is one call of the store, based on what is known now.</summary>
    public void Freeze() => known = claims.ToDictionary(c => c, c => (Now(Store.LoadAsync(c.Stream, default))?.Version ?? 0, Now(Store.ReadWorkAsync(c, 10, default))));

    public void Do(StoreCall call)
    {
        var answer = Answer(call);
        Answers[call.Id] = known is null ? $"{answer}\n{All()}" : answer;
    }

    public void Listen() => Hints.Listen(Store, claims);

    private string Answer(StoreCall call)
    {
        switch (call)
        {
            case Passes passes:
                clock.Advance(TimeSpan.FromSeconds(passes.Seconds));
                return "";
            case Claims claim:
                var given = Now(Store.ClaimAsync("n", claim.Max, TimeSpan.FromSeconds(claim.Lease), default));
                Given[call.Id] = [.. given.Select(c => c.Stream.Key)];
                if (known is null) claims.AddRange(given);
                return string.Join(' ', Given[call.Id]);
            case Renews renew: return Of(renew.Claim) is { } renewed ? $"{Now(Store.RenewAsync(renewed, TimeSpan.FromSeconds(renew.Lease), default))}" : "";
            case Releases release:
                if (Of(release.Claim) is { } released) Store.ReleaseAsync(released, TimeSpan.FromSeconds(release.After), default).AsTask().GetAwaiter().GetResult();
                return "";
            case ReadsWork reads: return Of(reads.Claim) is { } reader ? string.Join(' ', Now(Store.ReadWorkAsync(reader, reads.Max, default)).Select(w => $"{Text(w.Input)}/{w.RequestKey}")) : "";
            case Lists lists: return string.Join(' ', Now(Store.ListAsync("app", lists.AfterStream is { } after ? Stream(after).Key : null, lists.Max, default)).Select(s => s.Stream.Key));
            case ReadsEvents events: return Events(events);
            case Prunes prune: return $"{Now(Store.PruneAsync(TimeSpan.FromSeconds(prune.Age), default))}";
            case Reopens:
                var (old, left) = (store, file);
                file = file.Copy();
                store = null;
                Close(old);
                left.Dispose();
                Hints.Clear();
                return "";
            default: return Commit((Commits)call);
        }
    }

    private string Commit(Commits call)
    {
        StreamChange? change = null;
        List<long> complete = [];
        if (call.Change is { } asked)
        {
            if (Of(asked.Claim) is not { } claim) return "";
            var (version, due) = known is null ? (Now(Store.LoadAsync(claim.Stream, default))?.Version ?? 0, Now(Store.ReadWorkAsync(claim, 10, default))) : known[claim];
            complete = [.. due.Take(asked.Complete).Select(w => w.Id)];
            if (asked.Bogus) complete.Add(long.MaxValue);
            var unwritten = asked.Kind == ChangeKind.Unwritten;
            change = new()
            {
                Claim = claim,
                ExpectedVersion = unwritten ? 0 : Math.Max(0, version + asked.VersionOff),
                Snapshot = asked.Snapshot && !unwritten ? Json($"state {call.Id}") : default(ReadOnlyMemory<byte>?),
                Events = unwritten ? [] : [.. Enumerable.Range(0, asked.Events).Select(i => new NewEvent("E", Json($"{call.Id}.{i}")))],
                Owes = asked.Kind == ChangeKind.Owes,
                Forget = asked.Kind == ChangeKind.Forgets,
                Unwritten = unwritten,
            };
        }
        var result = Now(Store.CommitAsync(new()
        {
            Change = change,
            Complete = complete,
            Enqueue = [.. call.Work.Select((w, i) => new NewWork(Stream(w.Stream), Json($"{call.Id}.{i}"), TimeSpan.FromSeconds(w.After), w.Key is { } key ? Key(key) : null))],
            Reserve = [.. call.Reserve.Select(Key)],
            Answers = [.. call.Answers.Select(k => new KeyValuePair<string, ReadOnlyMemory<byte>>(Key(k), Json($"answer {call.Id}")))],
        }, default));
        return result.Status switch
        {
            CommitStatus.Ok => $"Ok v{result.Version}",
            CommitStatus.KeyTaken => $"KeyTaken {result.Key}",
            var refused => refused.ToString(),
        };
    }

    /// <summary>After the n-th event of all that there are.</summary>
    private string Events(ReadsEvents asked)
    {
        var all = Now(Store.ReadEventsAsync(0, 1_000, default));
        var after = asked.AfterEvent < 0 || all.Count == 0 ? 0 : all[Math.Min(asked.AfterEvent, all.Count - 1)].Position;
        return string.Join(' ', (asked.Stream is { } stream ? Now(Store.ReadStreamEventsAsync(Stream(stream), after, asked.Max, default)) : Now(Store.ReadEventsAsync(after, asked.Max, default))).Select(e => Text(e.Json)));
    }

    /// <summary>Everything that a reader can see.</summary>
    public string All()
    {
        var all = new StringBuilder();
        for (var i = 0; i < StoreCalls.Streams; i++)
            if (Now(Store.LoadAsync(Stream(i), default)) is { } s) all.Append($"{s.Stream.Key} v{s.Version} {(s.Owes ? "owes " : "")}{Text(s.Snapshot)}; ");
        all.Append('\n');
        foreach (var e in Now(Store.ReadEventsAsync(0, 1_000, default))) all.Append($"{e.Stream.Key} v{e.Version} {Text(e.Json)} at {(e.At - Start).TotalSeconds}; ");
        all.Append($"\n{Now(Store.CountEventsAsync(default))} events\n");
        for (var i = 0; i < StoreCalls.Keys; i++)
            if (Now(Store.FindKeyAsync(Key(i), default)) is { } key) all.Append($"{key.Key} {(key.Answer is { } answer ? Text(answer) : "open")}; ");
        return all.ToString();
    }

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        Close(store);
        file.Dispose();
    }

    private static DateTimeOffset Start { get; } = new FakeTimeProvider().GetUtcNow();

    private static void Close(IFlowStore? store)
    {
        if (store is IAsyncDisposable asynchronous) asynchronous.DisposeAsync().AsTask().GetAwaiter().GetResult();
        else (store as IDisposable)?.Dispose();
    }

    private Claim? Of(int back) => back < claims.Count ? claims[claims.Count - 1 - back] : null;
    private static T Now<T>(ValueTask<T> answer) => answer.AsTask().GetAwaiter().GetResult();
    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes($"\"{text}\"");
    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span).Trim('"');
}

/// <summary>Where a store that has a file keeps it; nothing is there until it is asked for.</summary>
internal sealed class StoreFile : IDisposable
{
    private DirectoryInfo? folder;

    public string Path => System.IO.Path.Combine((folder ??= Directory.CreateTempSubdirectory("flow-model-")).FullName, "flow.db");

    /// <summary>What a kill leaves behind: the files as they are, with a log that nobody wrote back.</summary>
    public StoreFile Copy()
    {
        var copy = new StoreFile();
        foreach (var suffix in (string[])["", "-wal"]) File.Copy(Path + suffix, copy.Path + suffix);
        return copy;
    }

    public void Dispose() => folder?.Delete(recursive: true);
}
