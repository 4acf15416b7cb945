using Flow.Engine;
using Flow.ReviewApps;

namespace Flow.Pipelines;

/// <summary>Apps that nobody uses go: said first, and only then. Wall clocks jump, so no single judgement does both.</summary>
internal sealed partial class PipelineDecider
{
    private Decision Judge(PipelineState pipeline, JudgeReviewApps judge, DateTimeOffset now)
    {
        if (pipeline.Declared!.Definition.ReviewApps is not { StaleAfter: { } patience } policy) return Decision.Nothing;
        var draft = new Draft(this, pipeline);
        var visits = judge.Visits.GroupBy(v => v.App).ToDictionary(g => g.Key, g => g.Max(v => v.At));
        foreach (var (key, seen) in pipeline.Proposals.Where(p => p.Value.App is not null))
        {
            var visited = visits.TryGetValue(seen.App!.Value, out var at) ? at : (DateTimeOffset?)null;
            // What lies in the future was now: a clock was ahead. A router that has forgotten makes nothing older.
            var active = new[] { seen.ActiveAt ?? now, visited ?? DateTimeOffset.MinValue }.Max() is var newest && newest > now ? now : newest;
            if (active != seen.ActiveAt) draft.Happens(new ReviewAppUsed(key, active));
            Judge(draft, key, policy, patience, now);
        }
        Settle(draft, now);
        return draft.Done();
    }

    private static void Judge(Draft draft, string key, ReviewAppPolicy policy, TimeSpan patience, DateTimeOffset now)
    {
        var seen = draft.State.Proposals[key];
        var idle = now - seen.ActiveAt!.Value;
        if (seen.Pinned is not null || idle < patience - policy.StaleWarning)
        {
            if (seen.WarnedAt is not null) draft.Happens(new ReviewAppWarned(key, null, null));
        }
        else if (seen.WarnedAt is not { } warned || warned > now) draft.Happens(new ReviewAppWarned(key, now, StaleAt(policy, seen with { WarnedAt = now })));
        else if (idle >= patience && now >= warned + policy.StaleWarning)
        {
            TearDown(draft, key, $"nobody deployed or visited it since {seen.ActiveAt:u}, and that was said at {warned:u}", "Flow", now);
            draft.Happens(new ReviewAppPutAway(key, new(ReviewAppAbsence.Stale, "Flow", now)));
        }
    }

    /// <summary>When it goes unless something happens; null: it stays.</summary>
    internal static DateTimeOffset? StaleAt(ReviewAppPolicy? policy, ObservedProposal seen)
    {
        if (policy?.StaleAfter is not { } patience || seen is not { App: not null, Pinned: null, ActiveAt: { } active }) return null;
        var (idle, warned) = (active + patience, seen.WarnedAt + policy.StaleWarning);
        return warned > idle ? warned : idle;
    }
}
