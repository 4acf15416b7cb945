using Flow.Engine;

namespace Flow.AddOns.Pools;

/// <summary>
/// Keeps a stock of warm instances and gives each to one at most, in one commit. What was given never comes back. The instances are streams of their own: the pool orders them, and
/// hears of them.
/// </summary>
internal sealed class PoolDecider : Decider<PoolState, PoolInput, PoolEvent>
{
    public const string Kind = "pool";
    private const int MadeAtOnce = 4, AnswersKept = 2_000;

    /// <summary>Longer than a run asks again for what it needs.</summary>
    private static readonly TimeSpan AnswerMemory = TimeSpan.FromHours(6);
    private static readonly TimeSpan DemandMemory = TimeSpan.FromHours(3), Burst = TimeSpan.FromMinutes(10), Look = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Quarantine = TimeSpan.FromHours(1), ClaimPatience = TimeSpan.FromHours(3), LongestRest = TimeSpan.FromMinutes(10);

    public static StreamId StreamOf(string pool) => new(Kind, pool);

    public override PoolState Initial { get; } = new();

    public override Decision Decide(StreamId self, PoolState pool, PoolInput input, DateTimeOffset now) => input switch
    {
        DeclarePool declare => Declare(self, pool, declare.Pool, now),
        RemovePool when pool.Declared is null => Decision.Nothing.Reply(Answer.Ok(remark: "There is no such pool.")),
        RemovePool remove => Balance(self, pool, Decision.Of(new PoolRemoved(remove.By)), now).Reply(Answer.Ok()),
        ClaimWarm claim => Claim(self, pool, claim, now),
        SettleClaim settle when Find(pool, settle.Warm) is { Phase: WarmPhase.Claimed } warm && warm.For == settle.For => Settle(self, pool, settle, now),
        AbandonClaim abandon when pool.Instances.FirstOrDefault(w => w.Phase == WarmPhase.Claimed && w.For == abandon.For) is { } warm =>
            Retire(Decision.Nothing, warm, "whoever claimed it is gone", now),
        WarmIsReady ready when Find(pool, ready.Id) is { Phase: WarmPhase.Creating } => Balance(self, pool, Decision.Of(new WarmStocked(ready.Id, now)), now),
        // It cleans up after itself: what could not be made is gone when this is heard.
        WarmHasFailed failed when Find(pool, failed.Id) is { Phase: WarmPhase.Creating } =>
            Balance(self, pool, Decision.Of(new WarmNotMade(failed.Id, failed.Failure, now + Rest(pool.Failures + 1))).Send(self, new PoolTick(pool.Tick + 1), Rest(pool.Failures + 1)).And(new TickArmed()), now),
        WarmIsGone gone when Find(pool, gone.Id) is not null => Balance(self, pool, Decision.Of(new WarmLeft(gone.Id)), now),
        PoolTick tick when tick.Tick == pool.Tick => Rearm(self, pool, Tidy(pool, now), now),
        _ => Decision.Nothing,
    };

    private Decision Declare(StreamId self, PoolState pool, ResolvedPool declared, DateTimeOffset now)
    {
        if (pool.Declared is { } before && Same(before, declared)) return Rearm(self, pool, Decision.Nothing, now).Reply(Answer.Ok());
        return Rearm(self, pool, Decision.Of(new PoolDeclared(declared)), now).Reply(Answer.Ok());
    }

    // Records with lists and maps compare by reference.
    private static bool Same(ResolvedPool one, ResolvedPool other) =>
        one.Stock == other.Stock && one.CostPerHour == other.CostPerHour && one.Definition with { Options = null } == other.Definition with { Options = null };

    private Decision Claim(StreamId self, PoolState pool, ClaimWarm claim, DateTimeOffset now)
    {
        if (pool.Answers.FirstOrDefault(a => a.For == claim.For) is { } answered) return Decision.Nothing.Reply(Answer.Ok(remark: answered.Warm));
        var warm = pool.Declared?.Stock != claim.Stock ? null : pool.Instances.Where(w => w.Phase == WarmPhase.Ready && w.Stock == claim.Stock && !TooOld(pool, w, now)).MinBy(w => w.ReadyAt);
        return Balance(self, pool, warm is null ? Decision.Of(new ClaimMissed(claim.For, now)) : Decision.Of(new WarmClaimed(warm.Id, claim.For, now)), now).Reply(Answer.Ok(remark: warm?.Id));
    }

    private Decision Settle(StreamId self, PoolState pool, SettleClaim settle, DateTimeOffset now) => settle.Failure is { } failure
        ? Balance(self, pool, Decision.Of(new WarmQuarantined(settle.Warm, failure.Message, now)), now)
        : Balance(self, pool, Decision.Of(new WarmHandedOver(settle.Warm, settle.For)).Send(WarmDecider.StreamOf(settle.Warm), new ForgetWarm()), now);

    /// <summary>What nobody asks again about, and what has been claimed and never heard of.</summary>
    private static Decision Tidy(PoolState pool, DateTimeOffset now)
    {
        var decided = Decision.Nothing;
        if (pool.Answers.Any(a => a.At < now - AnswerMemory)) decided = decided.And(new AnswersForgotten(now - AnswerMemory));
        foreach (var lost in pool.Instances.Where(w => w.Phase == WarmPhase.Claimed && w.Since < now - ClaimPatience)) decided = Retire(decided, lost, "it was claimed and never taken", now);
        foreach (var done in pool.Instances.Where(w => w.Phase == WarmPhase.Quarantined && w.Since < now - Quarantine)) decided = Retire(decided, done, done.Reason ?? "quarantined", now);
        return decided;
    }

    private Decision Rearm(StreamId self, PoolState pool, Decision decided, DateTimeOffset now)
    {
        decided = Balance(self, pool, decided, now);
        var after = After(pool, decided);
        return after.Declared is null && after.Instances.Count == 0 ? decided : decided.And(new TickArmed()).Send(self, new PoolTick(after.Tick + 1), Look);
    }

    /// <summary>One place compares what there is with what there should be.</summary>
    private Decision Balance(StreamId self, PoolState before, Decision decided, DateTimeOffset now)
    {
        var pool = After(before, decided);
        foreach (var wrong in pool.Instances.Where(w => w.Phase == WarmPhase.Ready && (pool.Declared?.Stock != w.Stock || TooOld(pool, w, now))))
            decided = Retire(decided, wrong, pool.Declared is null ? "the pool was removed" : pool.Declared.Stock != wrong.Stock ? "the pool keeps something else now" : "it is too old", now);
        if (pool.Declared is not { } declared) return decided;

        pool = After(before, decided);
        var target = Target(pool, now);
        var live = pool.Instances.Where(w => w.Stock == declared.Stock && w.Phase is WarmPhase.Creating or WarmPhase.Ready).ToList();
        foreach (var surplus in live.Where(w => w.Phase == WarmPhase.Ready).OrderBy(w => w.ReadyAt).Take(Math.Max(0, live.Count - target))) decided = Retire(decided, surplus, "fewer are needed", now);
        if (pool.RestsUntil > now) return decided;
        var room = Math.Min(target - live.Count, MadeAtOnce - pool.Instances.Count(w => w.Phase == WarmPhase.Creating));
        for (var n = 1; n <= room; n++)
        {
            var id = $"pool-{self.Key}.{pool.Made + n}";
            var order = new WarmOrder(self.Key, declared.Definition.Provider, new() { Id = id, Plan = declared.Plan, Options = declared.Definition.Options, Purpose = declared.Definition.Purpose, Seed = declared.Definition.Seed });
            decided = decided.And(new WarmOrdered(id, declared.Stock, now)).Send(WarmDecider.StreamOf(id), new MakeWarm(order));
        }
        return decided;
    }

    /// <summary>The largest burst of the last hours, within what is declared and what it may cost.</summary>
    internal static int Target(PoolState pool, DateTimeOffset now)
    {
        if (pool.Declared is not { Definition: var definition } declared) return 0;
        var asked = pool.Answers.Where(a => a.At > now - DemandMemory).Select(a => a.At).Order().ToList();
        var burst = 0;
        for (int first = 0, last = 0; last < asked.Count; last++)
        {
            while (asked[last] - asked[first] > Burst) first++;
            burst = Math.Max(burst, last - first + 1);
        }
        var target = Math.Clamp(burst, definition.Size, Math.Max(definition.Size, definition.MaxSize ?? definition.Size));
        if (definition.MaxCostPerHour is not { } cap || declared.CostPerHour is not > 0) return target;
        // What is being destroyed costs until it is gone.
        var others = pool.Instances.Count(w => w.Phase is WarmPhase.Quarantined or WarmPhase.Leaving);
        return (int)Math.Clamp(Math.Floor(cap / declared.CostPerHour.Value) - others, 0, target);
    }

    private static bool TooOld(PoolState pool, WarmInstance warm, DateTimeOffset now) => pool.Declared is { } declared && warm.ReadyAt < now - declared.Definition.MaxAge;
    private static TimeSpan Rest(int failures) => TimeSpan.FromSeconds(Math.Min(LongestRest.TotalSeconds, Math.Pow(2, Math.Min(failures, 20)) * 5));
    private static WarmInstance? Find(PoolState pool, string id) => pool.Instances.FirstOrDefault(w => w.Id == id);

    private static Decision Retire(Decision decided, WarmInstance warm, string reason, DateTimeOffset now) =>
        decided.And(new WarmRetired(warm.Id, reason, now)).Send(WarmDecider.StreamOf(warm.Id), new RemoveWarm());

    public override PoolState Evolve(PoolState pool, PoolEvent happened) => happened switch
    {
        PoolDeclared declared => pool with { Declared = declared.Pool, RestsUntil = null, Failures = 0, Trouble = null },
        PoolRemoved => pool with { Declared = null },
        WarmOrdered ordered => pool with { Instances = [.. pool.Instances, new(ordered.Id, ordered.Stock, WarmPhase.Creating, ordered.At)], Made = pool.Made + 1 },
        WarmStocked stocked => Change(pool, stocked.Id, w => w with { Phase = WarmPhase.Ready, Since = stocked.At, ReadyAt = stocked.At }) with { Failures = 0, Trouble = null, RestsUntil = null },
        WarmNotMade failed => Without(pool, failed.Id) with { Failures = pool.Failures + 1, Trouble = failed.Failure, RestsUntil = failed.RestsUntil },
        WarmClaimed claimed => Change(Answered(pool, new(claimed.For, claimed.Id, claimed.At)), claimed.Id, w => w with { Phase = WarmPhase.Claimed, Since = claimed.At, For = claimed.For }) with { Served = pool.Served + 1 },
        ClaimMissed missed => Answered(pool, new(missed.For, null, missed.At)) with { Missed = pool.Missed + 1 },
        WarmHandedOver handed => Without(pool, handed.Id),
        // Whoever wanted it asks again, and gets another.
        WarmQuarantined quarantined => Change(pool, quarantined.Id, w => w with { Phase = WarmPhase.Quarantined, Since = quarantined.At, Reason = quarantined.Reason, For = null })
            with { Answers = [.. pool.Answers.Where(a => a.Warm != quarantined.Id)] },
        WarmRetired retired => Change(pool, retired.Id, w => w with { Phase = WarmPhase.Leaving, Since = retired.At, Reason = retired.Reason }),
        WarmLeft left => Without(pool, left.Id),
        AnswersForgotten forgotten => pool with { Answers = [.. pool.Answers.Where(a => a.At >= forgotten.Before)] },
        TickArmed => pool with { Tick = pool.Tick + 1 },
        _ => throw new InvalidOperationException($"A pool knows no {happened.GetType().Name}."),
    };

    private static PoolState Answered(PoolState pool, PoolAnswer answer) => pool with { Answers = [.. pool.Answers.TakeLast(AnswersKept - 1), answer] };
    private static PoolState Change(PoolState pool, string id, Func<WarmInstance, WarmInstance> change) => pool with { Instances = [.. pool.Instances.Select(w => w.Id == id ? change(w) : w)] };
    private static PoolState Without(PoolState pool, string id) => pool with { Instances = [.. pool.Instances.Where(w => w.Id != id)] };
}
