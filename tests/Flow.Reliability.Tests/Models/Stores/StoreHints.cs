using Flow.Storage;

namespace Flow.Reliability.Tests.Models.Stores;

/// <summary>Waits that go on beside the calls. A hint may come without reason; it must not stay away.</summary>
internal sealed class StoreHints(TimeSpan patience)
{
    private readonly Dictionary<string, Task> waits = [];
    private int seen;

    public void Clear() => waits.Clear();

    /// <summary>Whatever is not waited for any more is waited for again.</summary>
    public void Listen(IFlowStore store, IReadOnlyList<Claim> claims)
    {
        Again("claims", () => store.WaitForClaimsAsync(default));
        for (var i = 0; i < claims.Count; i++)
        {
            var claim = claims[i];
            Again($"work of claim {i}", () => store.WaitForWorkAsync(claim, default));
        }
        for (var i = 0; i < StoreCalls.Keys; i++)
        {
            var key = StoreUnderTest.Key(i);
            Again($"answer under {key}", () => store.WaitForAnswerAsync(key, default));
        }
        var last = store.ReadEventsAsync(0, 1_000, default).AsTask().GetAwaiter().GetResult() is [.., var newest] ? newest.Position : 0;
        Again("events", () => store.WaitForEventsAsync(last, default));
    }

    /// <summary>By the model's word each of these has come; null when it has, and otherwise what is missing.</summary>
    public string? Missing(ObviousStore model)
    {
        List<string> due = [];
        if (model.Claimable().Any(c => c.Since <= model.Now)) due.Add("claims");
        for (var i = 0; i < model.Claims.Count; i++)
            if (!model.IsCurrent(i) || model.Due(i, 1).Count > 0) due.Add($"work of claim {i}");
        foreach (var (key, row) in model.Keys)
            if (row.Answer is not null) due.Add($"answer under {key}");
        if (model.Appended > seen) due.Add("events");
        var missing = due.FirstOrDefault(what => waits.TryGetValue(what, out var wait) && !wait.Wait(patience));
        if (model.Appended > seen) waits.Remove("events");
        seen = model.Appended;
        return missing is null ? null : $"nobody hears of {missing}";
    }

    private void Again(string what, Func<Task> wait)
    {
        if (!waits.TryGetValue(what, out var going) || going.IsCompleted) waits[what] = wait();
    }
}
