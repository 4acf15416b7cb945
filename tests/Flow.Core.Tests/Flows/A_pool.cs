using Flow.AddOns;
using Flow.AddOns.Pools;
using Flow.Apps;
using Flow.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class A_pool
{
    private static readonly PoolDefinition Reviews = new() { Name = "reviews", Provider = "db", Purpose = AddOnPurpose.Review, Seed = "seed-1", Size = 3 };
    private static readonly Flow.Pipelines.PipelineDefinition Seeded = Definition with { AddOnSeeds = new Dictionary<string, string> { ["db"] = "seed-1" } };

    private static AppName Review(int n) => AppName.Parse($"shop-pr-{n}");
    private static string Data(int n) => $"shop-pr-{n}.1.data";
    private static Task<PoolState> PoolAsync(FlowHost flow, Func<PoolState, bool> so, string what) =>
        flow.UntilAsync(async () => await flow.Services.GetRequiredService<IAddOnPools>().GetAsync("reviews") ?? new(), so, what);

    private static async Task<FlowHost> StockedAsync(PoolDefinition pool)
    {
        var flow = new FlowHost(f => f.AddPool(pool));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(Seeded);
        await PoolAsync(flow, p => p.Instances.Count(w => w.Phase == WarmPhase.Ready) == pool.Size, "the pool is stocked");
        return flow;
    }

    [Fact]
    public async Task Gives_a_review_app_its_database_once_and_is_filled_again()
    {
        await using var flow = await StockedAsync(Reviews);
        flow.Source.Propose("pr-7", Commit(7));
        await flow.DeployedAsync(Review(7), 7);
        flow.AddOns.Claimed[Data(7)].Should().StartWith("pool-reviews.");
        flow.AddOns.Instances[Data(7)].Should().Match<AddOnRequest>(r => r.Seed == "seed-1" && r.Purpose == AddOnPurpose.Review && r.Owner!.App == Review(7) && r.Owner.Proposal == "pr-7");
        await PoolAsync(flow, p => p.Instances.Count == 3 && p.Instances.All(w => w.Phase == WarmPhase.Ready) && p.Served == 1, "it is filled again");

        flow.Source.Propose("pr-7", Commit(8));
        await flow.DeployedAsync(Review(7), 8);
        (await PoolAsync(flow, _ => true, "")).Should().Match<PoolState>(p => p.Served == 1 && p.Missed == 0, "a later push claims nothing");

        flow.Source.Withdraw("pr-7");
        await flow.AppAsync(Review(7), a => a.Life == AppLife.Destroyed, "is destroyed");
        flow.AddOns.Instances.Keys.Should().NotContain(Data(7)).And.OnlyContain(k => k.StartsWith("pool-") || k.StartsWith("shop-staging") || k.StartsWith("shop-production"), "it never comes back");
    }

    [Fact]
    public async Task Serves_a_burst_without_giving_one_to_two()
    {
        await using var flow = await StockedAsync(Reviews with { Size = 10 });
        for (var n = 10; n < 30; n++) flow.Source.Propose($"pr-{n}", Commit(n));
        for (var n = 10; n < 30; n++) await flow.DeployedAsync(Review(n), n);
        flow.AddOns.Claimed.Values.Should().OnlyHaveUniqueItems().And.HaveCountGreaterThanOrEqualTo(10);
        flow.AddOns.Instances.Keys.Count(k => k.StartsWith("shop-pr-")).Should().Be(20);
        var pool = await PoolAsync(flow, p => p.Served + p.Missed == 20, "all have been answered");
        pool.Served.Should().Be(flow.AddOns.Claimed.Count);
    }

    [Fact]
    public async Task Has_another_when_one_cannot_be_handed_over()
    {
        await using var flow = await StockedAsync(Reviews);
        var first = (await PoolAsync(flow, _ => true, "")).Instances.MinBy(w => w.ReadyAt)!.Id;
        flow.AddOns.Unfit.Add(first);
        flow.Source.Propose("pr-7", Commit(7));
        await flow.DeployedAsync(Review(7), 7);
        flow.AddOns.Claimed[Data(7)].Should().NotBe(first);
        (await PoolAsync(flow, p => p.Instances.Any(w => w.Phase == WarmPhase.Quarantined), "it is put apart")).Instances.Single(w => w.Phase == WarmPhase.Quarantined).Should().Match<WarmInstance>(w => w.Id == first && w.Reason!.Contains("not fit"));
    }

    [Fact]
    public async Task Of_another_purpose_or_seed_is_not_touched()
    {
        await using var flow = await StockedAsync(Reviews with { Seed = "seed-2" });
        flow.Source.Propose("pr-7", Commit(7));
        await flow.DeployedAsync(Review(7), 7);
        flow.AddOns.Claimed.Should().BeEmpty();
        flow.AddOns.Instances.Should().ContainKey(Data(7));
        (await flow.DeployedAsync(Staging, 1)).Should().NotBeNull();
        (await PoolAsync(flow, _ => true, "")).Should().Match<PoolState>(p => p.Served == 0 && p.Missed == 0);
    }

    [Fact]
    public async Task That_is_empty_keeps_nobody_waiting()
    {
        await using var flow = new FlowHost(f => f.AddPool(Reviews));
        flow.AddOns.Answer = r => r.Owner is null ? WorkStatus<AddOnInstance>.Failed(new("away", "The server is away.", Transient: true)) : null;
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync(Seeded);
        await flow.DeployedAsync(Review(7), 7);
        flow.AddOns.Claimed.Should().BeEmpty();
        (await PoolAsync(flow, p => p.Trouble is not null, "it says why it is empty")).Trouble!.Message.Should().Contain("away");
    }

    [Fact]
    public async Task That_cannot_be_kept_stops_the_host_at_its_start()
    {
        await using var flow = new FlowHost(f => f.AddPool(Reviews with { Name = "Wrong!", Plan = "huge", MaxAge = TimeSpan.Zero, Size = 1_000 }).AddPool(Reviews with { Provider = "nope" }));
        var refused = (await FluentActions.Awaiting(() => flow.StartAsync()).Should().ThrowAsync<Microsoft.Extensions.Options.OptionsValidationException>()).Which;
        refused.Failures.Should().Contain(f => f.Contains("Wrong!:Name")).And.Contain(f => f.Contains("'huge' is no plan of db")).And.Contain(f => f.Contains("MaxAge")).And.Contain(f => f.Contains("Size")).And.Contain(f => f.Contains("no add-on provider named 'nope'"));
    }
}
