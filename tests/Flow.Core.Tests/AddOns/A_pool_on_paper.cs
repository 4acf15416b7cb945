using Flow.AddOns;
using Flow.AddOns.Pools;
using Flow.Core.Tests.Engine;
using Flow.Engine;

namespace Flow.Core.Tests.AddOns;

public sealed class A_pool_on_paper
{
    private const string Stock = "stock-1";
    private static readonly PoolDefinition Definition = new() { Name = "reviews", Provider = "db", Purpose = AddOnPurpose.Review, Size = 2 };
    private static readonly Failure Broken = new("broken", "it is broken");

    private static ResolvedPool Resolved(PoolDefinition? definition = null, string stock = Stock, decimal? cost = null) => new(definition ?? Definition, "small", cost, stock);

    private static OnPaper<PoolState, PoolInput, PoolEvent> Pool(ResolvedPool? resolved = null)
    {
        var pool = new OnPaper<PoolState, PoolInput, PoolEvent>(new PoolDecider(), PoolDecider.StreamOf("reviews")) { Now = DateTimeOffset.UnixEpoch.AddDays(100) };
        pool.Tell(new DeclarePool(resolved ?? Resolved()));
        return pool;
    }

    /// <summary>All that is being made becomes ready, one a second.</summary>
    private static OnPaper<PoolState, PoolInput, PoolEvent> Stocked(ResolvedPool? resolved = null)
    {
        var pool = Pool(resolved);
        Fill(pool);
        return pool;
    }

    private static void Fill(OnPaper<PoolState, PoolInput, PoolEvent> pool)
    {
        while (pool.State.Instances.FirstOrDefault(w => w.Phase == WarmPhase.Creating) is { } next)
        {
            pool.Now += TimeSpan.FromSeconds(1);
            pool.Tell(new WarmIsReady(next.Id));
        }
    }

    private static string? Claim(OnPaper<PoolState, PoolInput, PoolEvent> pool, string id, string stock = Stock) => pool.Tell(new ClaimWarm(id, stock)).Answer!.Reason;
    private static IEnumerable<string> In(OnPaper<PoolState, PoolInput, PoolEvent> pool, WarmPhase phase) => pool.State.Instances.Where(w => w.Phase == phase).Select(w => w.Id);

    [Fact]
    public void Orders_what_is_missing_and_no_more()
    {
        var pool = new OnPaper<PoolState, PoolInput, PoolEvent>(new PoolDecider(), PoolDecider.StreamOf("reviews"));
        var orders = pool.Tell(new DeclarePool(Resolved())).Said<MakeWarm>().Select(m => m.Order).ToList();
        orders.Select(o => o.Request.Id).Should().Equal("pool-reviews.1", "pool-reviews.2");
        orders[0].Request.Should().Match<AddOnRequest>(r => r.Owner == null && r.Plan == "small" && r.Purpose == AddOnPurpose.Review);
        pool.Tell(new DeclarePool(Resolved())).Said<MakeWarm>().Should().BeEmpty("declared again at each start");
        pool.Tell(new WarmIsReady("pool-reviews.1")).Said<MakeWarm>().Should().BeEmpty();
    }

    [Fact]
    public void Gives_the_oldest_to_one_and_makes_another()
    {
        var pool = Stocked();
        var decision = pool.Tell(new ClaimWarm("a", Stock));
        decision.Answer!.Reason.Should().Be("pool-reviews.1");
        decision.Said<MakeWarm>().Should().ContainSingle();
        Claim(pool, "b").Should().Be("pool-reviews.2");
        Claim(pool, "c").Should().BeNull("the others are being made");
        pool.State.Should().Match<PoolState>(p => p.Served == 2 && p.Missed == 1);
    }

    [Fact]
    public void Never_gives_one_to_two_and_gives_the_same_to_whoever_asks_again()
    {
        var pool = Stocked(Resolved(Definition with { Size = 50 }));
        var given = Enumerable.Range(0, 60).Select(i => Claim(pool, $"app-{i}")).ToList();
        given.OfType<string>().Should().HaveCount(50).And.OnlyHaveUniqueItems();
        Fill(pool);
        Enumerable.Range(0, 60).Select(i => Claim(pool, $"app-{i}")).Should().Equal(given, "also what was made cold stays cold");
    }

    [Fact]
    public void Keeps_what_it_gave_until_it_is_handed_over_and_never_takes_it_back()
    {
        var pool = Stocked();
        Claim(pool, "a");
        pool.Tell(new SettleClaim("b", "pool-reviews.1", null)).Events.Should().BeEmpty("it is not b's");
        pool.Tell(new SettleClaim("a", "pool-reviews.1", null)).Said<ForgetWarm>(WarmDecider.StreamOf("pool-reviews.1")).Should().ContainSingle();
        pool.State.Instances.Should().NotContain(w => w.Id == "pool-reviews.1");
        Fill(pool);
        Claim(pool, "a").Should().Be("pool-reviews.1", "whose answer was lost finds what it has become");
        pool.Tell(new WarmIsReady("pool-reviews.1")).Events.Should().BeEmpty();
    }

    [Fact]
    public void Puts_apart_what_cannot_be_handed_over_and_gives_another()
    {
        var pool = Stocked();
        Claim(pool, "a");
        pool.Tell(new SettleClaim("a", "pool-reviews.1", Broken)).Said<RemoveWarm>().Should().BeEmpty("somebody may want to look");
        In(pool, WarmPhase.Quarantined).Should().Equal("pool-reviews.1");
        Claim(pool, "a").Should().Be("pool-reviews.2");
        pool.Now += TimeSpan.FromHours(2);
        pool.Tell(new PoolTick(pool.State.Tick)).Said<RemoveWarm>(WarmDecider.StreamOf("pool-reviews.1")).Should().ContainSingle();
        pool.Tell(new WarmIsGone("pool-reviews.1"));
        pool.State.Instances.Should().NotContain(w => w.Id == "pool-reviews.1");
    }

    [Fact]
    public void Destroys_what_was_claimed_by_somebody_who_is_gone()
    {
        var pool = Stocked();
        Claim(pool, "a");
        Claim(pool, "b");
        pool.Tell(new AbandonClaim("a")).Said<RemoveWarm>(WarmDecider.StreamOf("pool-reviews.1")).Should().ContainSingle();
        pool.Tell(new AbandonClaim("a")).Events.Should().BeEmpty();
        pool.Now += TimeSpan.FromHours(4);
        pool.Tell(new PoolTick(pool.State.Tick)).Said<RemoveWarm>(WarmDecider.StreamOf("pool-reviews.2")).Should().ContainSingle("nobody has ever said that it was handed over");
        In(pool, WarmPhase.Ready).Should().BeEmpty();
    }

    [Fact]
    public void Replaces_what_is_too_old()
    {
        var pool = Stocked(Resolved(Definition with { MaxAge = TimeSpan.FromHours(2) }));
        pool.Now += TimeSpan.FromHours(2) + TimeSpan.FromMinutes(1);
        Claim(pool, "late").Should().BeNull("nobody gets an old one");
        In(pool, WarmPhase.Leaving).Should().Equal("pool-reviews.1", "pool-reviews.2");
        In(pool, WarmPhase.Creating).Should().HaveCount(2);
    }

    [Fact]
    public void Replaces_its_stock_when_it_is_to_keep_something_else()
    {
        var pool = Stocked();
        var decision = pool.Tell(new DeclarePool(Resolved(stock: "stock-2")));
        decision.Said<RemoveWarm>().Should().HaveCount(2);
        decision.Said<MakeWarm>().Should().HaveCount(2);
        Claim(pool, "a", "stock-1").Should().BeNull();
        Fill(pool);
        Claim(pool, "b", "stock-2").Should().NotBeNull();
        Claim(pool, "c", "stock-1").Should().BeNull();
    }

    [Fact]
    public void Rests_longer_and_longer_while_nothing_can_be_made()
    {
        var pool = Pool(Resolved(Definition with { Size = 1 }));
        List<TimeSpan> rests = [];
        for (var failure = 0; failure < 12; failure++)
        {
            var id = In(pool, WarmPhase.Creating).Single();
            var decision = pool.Tell(new WarmHasFailed(id, Broken));
            decision.Said<MakeWarm>().Should().BeEmpty();
            pool.State.Trouble.Should().Be(Broken);
            var alarm = decision.Messages.Single(m => m.Input is PoolTick);
            rests.Add(alarm.After);
            pool.Tell(new PoolTick(pool.State.Tick - 1)).Events.Should().BeEmpty("that alarm is old");
            pool.Now += alarm.After;
            pool.Tell((PoolInput)alarm.Input).Said<MakeWarm>().Should().ContainSingle();
        }
        rests.Should().BeInAscendingOrder();
        rests[^1].Should().BeLessThanOrEqualTo(TimeSpan.FromMinutes(10));
        Fill(pool);
        pool.State.Should().Match<PoolState>(p => p.Trouble == null && p.Failures == 0);
    }

    [Fact]
    public void Follows_the_demand_of_the_last_hours_within_its_bounds()
    {
        var pool = Stocked(Resolved(Definition with { Size = 1, MaxSize = 5 }));
        for (var i = 0; i < 4; i++) Claim(pool, $"a{i}");
        PoolDecider.Target(pool.State, pool.Now).Should().Be(4);
        for (var i = 0; i < 10; i++) Claim(pool, $"b{i}");
        PoolDecider.Target(pool.State, pool.Now).Should().Be(5);
        Fill(pool);
        In(pool, WarmPhase.Ready).Should().HaveCount(5);
        pool.Now += TimeSpan.FromHours(4);
        pool.Tell(new PoolTick(pool.State.Tick));
        In(pool, WarmPhase.Ready).Should().HaveCount(1, "nobody has asked for hours");

        var spread = Stocked(Resolved(Definition with { Size = 1, MaxSize = 5 }));
        for (var i = 0; i < 5; i++)
        {
            Claim(spread, $"a{i}");
            spread.Now += TimeSpan.FromMinutes(11);
        }
        PoolDecider.Target(spread.State, spread.Now).Should().Be(1, "one at a time is no burst");
    }

    [Fact]
    public void Costs_no_more_than_it_may()
    {
        PoolDecider.Target(Pool(Resolved(Definition with { Size = 10, MaxCostPerHour = 0.35m }, cost: 0.1m)).State, DateTimeOffset.UnixEpoch).Should().Be(3);
        PoolDecider.Target(Pool(Resolved(Definition with { Size = 10, MaxCostPerHour = 0 }, cost: 0.1m)).State, DateTimeOffset.UnixEpoch).Should().Be(0);
        PoolDecider.Target(Pool(Resolved(Definition with { Size = 10, MaxCostPerHour = 0.35m })).State, DateTimeOffset.UnixEpoch).Should().Be(10, "nobody knows what one costs");
    }

    [Fact]
    public void That_is_removed_empties_itself_and_falls_silent()
    {
        var pool = Stocked();
        Claim(pool, "a");
        pool.Tell(new RemovePool("ada")).Said<RemoveWarm>().Should().ContainSingle("the other is claimed");
        Fill(pool);
        Claim(pool, "b").Should().BeNull();
        pool.Tell(new SettleClaim("a", "pool-reviews.1", null));
        foreach (var left in pool.State.Instances.ToList()) pool.Tell(new WarmIsGone(left.Id));
        pool.State.Instances.Should().BeEmpty();
        pool.Tell(new PoolTick(pool.State.Tick)).Messages.Should().BeEmpty();
        pool.Tell(new DeclarePool(Resolved())).Said<MakeWarm>().Select(m => m.Order.Request.Id).Should().NotContain("pool-reviews.1", "ids are unique for ever");
    }

    [Fact]
    public void Forgets_answers_that_nobody_asks_for_again()
    {
        var pool = Stocked();
        Claim(pool, "a");
        pool.Now += TimeSpan.FromHours(7);
        pool.Tell(new PoolTick(pool.State.Tick));
        pool.State.Answers.Should().BeEmpty();
        for (var i = 0; i < 2_100; i++) Claim(pool, $"b{i}");
        pool.State.Answers.Should().HaveCount(2_000);
    }

    [Fact]
    public void Makes_a_few_at_once()
    {
        In(Pool(Resolved(Definition with { Size = 20 })), WarmPhase.Creating).Should().HaveCount(4);
    }
}
