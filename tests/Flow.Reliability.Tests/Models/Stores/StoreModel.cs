using System.Text;

namespace Flow.Reliability.Tests.Models.Stores;

/// <summary>The obvious store, called as the real one beside it was, and answering in the same words.</summary>
internal sealed class StoreModel(StoreUnderTest beside, bool hears = true)
{
    private readonly ObviousStore store = new();
    private Dictionary<int, (long Version, IReadOnlyList<ObviousStore.Waiting> Due)>? known;

    public Dictionary<int, string> Answers { get; } = [];

    public void Freeze() => known = Enumerable.Range(0, store.Claims.Count).ToDictionary(c => c, c => (Version(store.Claims[c]), store.Due(c, 10)));

    public void Do(StoreCall call)
    {
        var answer = Answer(call);
        Answers[call.Id] = known is null ? $"{answer}\n{All()}" : answer;
        if (known is not null || !hears) return;
        if (beside.Hints.Missing(store) is { } missing) Answers[call.Id] = missing;
        beside.Listen();
    }

    private string Answer(StoreCall call)
    {
        switch (call)
        {
            case Passes passes:
                store.Pass(passes.Seconds);
                return "";
            case Claims claim:
                var given = beside.Given[call.Id];
                return store.Claim(given, claim.Max, claim.Lease) ? string.Join(' ', given) : $"not {string.Join(' ', given)}: {string.Join(", ", store.Claimable())} at {store.Now}";
            case Renews renew: return Of(renew.Claim) is { } renewed ? $"{store.Renew(renewed, renew.Lease)}" : "";
            case Releases release:
                if (Of(release.Claim) is { } released) store.Release(released, release.After);
                return "";
            case ReadsWork reads: return Of(reads.Claim) is { } reader ? string.Join(' ', store.Due(reader, reads.Max).Select(w => $"{w.Text}/{w.Key}")) : "";
            case Lists lists:
                return string.Join(' ', store.Streams.Keys.Where(s => lists.AfterStream is not { } after || string.CompareOrdinal(s, StoreUnderTest.Stream(after).Key) > 0).Take(lists.Max));
            case ReadsEvents asked:
                var after2 = asked.AfterEvent < 0 ? 0 : Math.Min(asked.AfterEvent + 1, store.Events.Count);
                return string.Join(' ', store.Events.Skip(after2).Where(e => asked.Stream is not { } stream || e.Stream == StoreUnderTest.Stream(stream).Key).Take(asked.Max).Select(e => e.Text));
            case Prunes prune: return $"{store.Prune(prune.Age)}";
            case Reopens:
                store.Reopen();
                return "";
            default: return Commit((Commits)call);
        }
    }

    private string Commit(Commits call)
    {
        var change = call.Change;
        if (change is not null && Of(change.Claim) is null) return "";
        int? claim = change is null ? null : Of(change.Claim);
        var (version, due) = claim is not { } by ? (0, []) : known is null ? (Version(store.Claims[by]), store.Due(by, 10)) : known[by];
        var unwritten = change?.Kind == ChangeKind.Unwritten;
        List<ObviousStore.Waiting?> complete = [.. due.Take(change?.Complete ?? 0)];
        if (change is { Bogus: true }) complete.Add(null);
        return store.Commit(claim, unwritten ? 0 : Math.Max(0, version + (change?.VersionOff ?? 0)), change?.Kind ?? default, change is { Snapshot: true } ? $"state {call.Id}" : null,
            unwritten ? [] : [.. Enumerable.Range(0, change?.Events ?? 0).Select(i => $"{call.Id}.{i}")], complete,
            [.. call.Work.Select((w, i) => (StoreUnderTest.Stream(w.Stream).Key, (long)w.After, $"{call.Id}.{i}", w.Key is { } key ? StoreUnderTest.Key(key) : null))],
            [.. call.Reserve.Select(StoreUnderTest.Key)], [.. call.Answers.Select(k => (StoreUnderTest.Key(k), $"answer {call.Id}"))]);
    }

    /// <summary>What a reader of the real store should see.</summary>
    public string All()
    {
        var all = new StringBuilder();
        foreach (var (name, s) in store.Streams) all.Append($"{name} v{s.Version} {(s.Owes ? "owes " : "")}{s.Snapshot}; ");
        all.Append('\n');
        foreach (var e in store.Events) all.Append($"{e.Stream} v{e.Version} {e.Text} at {e.At}; ");
        all.Append($"\n{store.Events.Count} events\n");
        foreach (var (name, key) in store.Keys) all.Append($"{name} {key.Answer ?? "open"}; ");
        return all.ToString();
    }

    private long Version(string stream) => store.Streams.GetValueOrDefault(stream)?.Version ?? 0;
    private int? Of(int back) => known is null
        ? back < store.Claims.Count ? store.Claims.Count - 1 - back : null
        : back < known.Count ? known.Count - 1 - back : null;
}
