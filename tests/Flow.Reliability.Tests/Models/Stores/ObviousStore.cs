namespace Flow.Reliability.Tests.Models.Stores;

/// <summary>What a store promises, said as simply as possible: a few dictionaries and lists, looked through from end to end each time. Times are seconds.</summary>
internal sealed class ObviousStore
{
    private const long Never = long.MaxValue, Always = long.MinValue;

    public sealed record Stream(long Version, string Snapshot, bool Owes);
    public sealed record Happened(string Stream, long Version, string Text, long At);
    public sealed record Waiting(string Stream, long Due, string Text, string? Key);
    public sealed record Key(long At, bool AnswerIsAwaited, string? Answer);
    public sealed record Holding(int Claim, long Until);

    private readonly Dictionary<string, long> owedSince = [];
    private readonly Dictionary<string, long> notBefore = [];
    private readonly Dictionary<string, Holding> held = [];

    public long Now { get; private set; }
    public SortedDictionary<string, Stream> Streams { get; } = new(StringComparer.Ordinal);
    public List<Happened> Events { get; } = [];
    public List<Waiting> Work { get; } = [];
    public SortedDictionary<string, Key> Keys { get; } = new(StringComparer.Ordinal);
    /// <summary>Stream of each claim that was ever given, oldest first.</summary>
    public List<string> Claims { get; } = [];
    /// <summary>How many events there ever were, forgotten and pruned ones included.</summary>
    public int Appended { get; private set; }

    public void Pass(long seconds) => Now += seconds;

    public bool IsCurrent(int claim) => claim >= 0 && held.GetValueOrDefault(Claims[claim])?.Claim == claim;

    /// <summary>Since when, or from when on, each stream can be claimed.</summary>
    public IEnumerable<(string Stream, long Since)> Claimable() => Work.Select(w => w.Stream).Concat(owedSince.Keys).Distinct().Select(s => (s, Math.Max(
        Math.Min(owedSince.GetValueOrDefault(s, Never), Work.Where(w => w.Stream == s).Select(w => w.Due).DefaultIfEmpty(Never).Min()),
        held.TryGetValue(s, out var holder) ? holder.Until : notBefore.GetValueOrDefault(s, Always))));

    /// <summary>Which of those that wait equally long are given is the store's choice; that those that wait longest are, is not. False when it may not give these.</summary>
    public bool Claim(IReadOnlyList<string> given, int max, long lease)
    {
        var ready = Claimable().Where(c => c.Since <= Now).ToDictionary(c => c.Stream, c => c.Since);
        if (given.Distinct().Count() != Math.Min(max, ready.Count) || given.Count > max || !given.All(ready.ContainsKey)) return false;
        if (!given.Select(s => ready[s]).SequenceEqual(ready.Values.Order().Take(given.Count))) return false;
        foreach (var stream in given)
        {
            Claims.Add(stream);
            held[stream] = new(Claims.Count - 1, Now + lease);
            notBefore.Remove(stream);
        }
        return true;
    }

    public bool Renew(int claim, long lease)
    {
        if (!IsCurrent(claim)) return false;
        held[Claims[claim]] = new(claim, Now + lease);
        return true;
    }

    public void Release(int claim, long after)
    {
        if (!IsCurrent(claim)) return;
        held.Remove(Claims[claim]);
        notBefore[Claims[claim]] = Now + after;
    }

    public IReadOnlyList<Waiting> Due(int claim, int max) =>
        IsCurrent(claim) ? [.. Work.Where(w => w.Stream == Claims[claim] && w.Due <= Now).OrderBy(w => w.Due).Take(max)] : [];

    /// <param name="claim">Null: nothing of a stream changes.</param>
    /// <param name="expected">Version it is based on.</param>
    /// <param name="change">The rest of the change.</param>
    /// <param name="snapshot">New state, or null.</param>
    /// <param name="events">Texts of its events.</param>
    /// <param name="complete">Inputs; null is one that does not exist.</param>
    /// <param name="enqueue">Stream, delay, text, key.</param>
    /// <param name="reserve">Keys.</param>
    /// <param name="answers">Keys and answers.</param>
    public string Commit(int? claim, long expected, ChangeKind change, string? snapshot, IReadOnlyList<string> events, IReadOnlyList<Waiting?> complete,
        IReadOnlyList<(string Stream, long After, string Text, string? Key)> enqueue, IReadOnlyList<string> reserve, IReadOnlyList<(string Key, string Answer)> answers)
    {
        if (claim is { } by)
        {
            if (!IsCurrent(by)) return "FenceLost";
            if ((Streams.GetValueOrDefault(Claims[by])?.Version ?? 0) != expected) return "VersionConflict";
            if (!complete.All(w => w is not null && w.Stream == Claims[by] && Work.Contains(w))) return "WorkGone";
        }
        for (var i = 0; i < reserve.Count; i++)
            if (Keys.ContainsKey(reserve[i]) || reserve.Take(i).Contains(reserve[i])) return $"KeyTaken {reserve[i]}";

        foreach (var key in reserve) Keys[key] = new(Now, enqueue.Any(w => w.Key == key), null);
        foreach (var (key, answer) in answers)
            if (Keys.TryGetValue(key, out var known)) Keys[key] = known with { Answer = answer };
        foreach (var (stream, after, text, key) in enqueue) Work.Add(new(stream, Now + Math.Max(after, 0), text, key));
        if (claim is not { } current) return "Ok v0";

        var changed = Claims[current];
        Work.RemoveAll(complete.Contains);
        if (change == ChangeKind.Owes) owedSince.TryAdd(changed, Now);
        else owedSince.Remove(changed);
        if (change == ChangeKind.Unwritten) return "Ok v0";
        Streams[changed] = new(expected + 1, snapshot ?? Streams.GetValueOrDefault(changed)?.Snapshot ?? "", change == ChangeKind.Owes);
        Events.AddRange(events.Select(text => new Happened(changed, expected + 1, text, Now)));
        Appended += events.Count;
        if (change != ChangeKind.Forgets) return $"Ok v{expected + 1}";
        Streams.Remove(changed);
        Events.RemoveAll(e => e.Stream == changed);
        Work.RemoveAll(w => w.Stream == changed);
        held.Remove(changed);
        notBefore.Remove(changed);
        return "Ok v0";
    }

    public int Prune(long age)
    {
        var old = Keys.Where(k => Now - k.Value.At > age && !(k.Value.AnswerIsAwaited && k.Value.Answer is null)).Select(k => k.Key).ToList();
        old.ForEach(key => Keys.Remove(key));
        return old.Count + Events.RemoveAll(e => Now - e.At > age);
    }

    /// <summary>Leases are not kept, everything else is; whatever is due or owed waits from now on.</summary>
    public void Reopen()
    {
        foreach (var stream in Work.Select(w => w.Stream).Concat(owedSince.Keys).Concat(held.Keys).Concat(notBefore.Keys).Distinct().ToList()) notBefore[stream] = Now;
        held.Clear();
    }
}
