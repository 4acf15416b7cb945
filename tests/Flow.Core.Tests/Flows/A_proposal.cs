using Flow.Apps;
using Flow.Sources;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class A_proposal
{
    private static readonly AppName Review = AppName.Parse("shop-pr-7");

    [Fact]
    public async Task Gets_an_app_of_its_own_follows_its_pushes_and_leaves_nothing_when_it_closes()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync(Definition with { ReviewApps = new() { Config = new Dictionary<string, string> { ["GREETING"] = "Review" } } });

        await flow.DeployedAsync(Review, 7);
        flow.AddOns.Instances["shop-pr-7.1.data"].Purpose.Should().Be(Flow.AddOns.AddOnPurpose.Review);
        flow.Runtime.Running[new(Review, 1, 1)].Environment.Should().Contain("GREETING", "Review").And.Contain("FLOW_PROPOSAL", "pr-7");

        flow.Source.Propose("pr-7", Commit(8));
        (await flow.DeployedAsync(Review, 8)).Generation.Should().Be(1);

        flow.Source.Withdraw("pr-7");
        var gone = await flow.AppAsync(Review, a => a.Life == AppLife.Destroyed, "is destroyed");

        gone.Ledger.Should().BeEmpty();
        flow.AddOns.Instances.Keys.Should().NotContain(k => k.StartsWith("shop-pr-7"));
        flow.Runtime.Running.Keys.Should().NotContain(k => k.App == Review);
        flow.Router.Routes.Should().NotContainKey(Review);
    }

    [Fact]
    public async Task That_is_opened_again_lives_as_a_new_generation()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync();
        await flow.DeployedAsync(Review, 7);
        flow.Source.Withdraw("pr-7");
        await flow.AppAsync(Review, a => a.Life == AppLife.Destroyed, "is destroyed");

        flow.Source.Propose("pr-7", Commit(7));
        (await flow.DeployedAsync(Review, 7)).Generation.Should().Be(2);
    }

    [Fact]
    public async Task That_nobody_vouches_for_gets_nothing_and_the_pipeline_says_why()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose("pr-7", Commit(7), Trust.Untrusted);
        await flow.StartAsync();

        var pipeline = await flow.UntilAsync(async () => (await flow.Pipelines.GetAsync(Shop))!, p => p.Problems.ContainsKey("proposal pr-7"), "the refusal shows");

        pipeline.Problems["proposal pr-7"].Should().Contain("does not isolate").And.Contain("TrustPullRequestRefs");
        (await flow.Apps.GetAsync(Review)).Should().BeNull();
        (await flow.Pipelines.ApproveCommitAsync(Shop, Commit(7), "ada")).Code.Should().Be("not-isolated");
    }

    [Fact]
    public async Task Is_not_torn_down_by_an_outage_or_an_empty_listing()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync();
        await flow.DeployedAsync(Review, 7);

        flow.Source.Delete("main");
        flow.Source.Withdraw("pr-7");
        var looks = (await flow.Pipelines.GetAsync(Shop))!.Look;
        await flow.UntilAsync(async () => (await flow.Pipelines.GetAsync(Shop))!, p => p.Look > looks + 3, "looked again");

        (await flow.Apps.GetAsync(Review))!.Life.Should().Be(AppLife.Active);
        (await flow.Pipelines.GetAsync(Shop))!.Problems.Should().ContainKey("app shop-staging").WhoseValue.Should().Contain("Branch 'main' is not in");
    }

    [Fact]
    public async Task Many_that_vanish_at_once_pull_the_brake_until_somebody_confirms()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose("pr-1", Commit(11));
        flow.Source.Propose("pr-2", Commit(12));
        await flow.StartAsync(Definition with { MaxClosingsAtOnce = 1 });
        await flow.DeployedAsync(AppName.Parse("shop-pr-1"), 11);
        await flow.DeployedAsync(AppName.Parse("shop-pr-2"), 12);

        flow.Source.Withdraw("pr-1");
        flow.Source.Withdraw("pr-2");
        await flow.UntilAsync(async () => (await flow.Pipelines.GetAsync(Shop))!, p => p.Brake is not null, "the brake is pulled");
        (await flow.Apps.GetAsync(AppName.Parse("shop-pr-1")))!.Life.Should().Be(AppLife.Active);

        (await flow.Pipelines.ConfirmClosingsAsync(Shop, "ada")).Accepted.Should().BeTrue();
        await flow.AppAsync(AppName.Parse("shop-pr-1"), a => a.Life == AppLife.Destroyed, "is destroyed");
        await flow.AppAsync(AppName.Parse("shop-pr-2"), a => a.Life == AppLife.Destroyed, "is destroyed");
        (await flow.Pipelines.GetAsync(Shop))!.Brake.Should().BeNull();
    }
}
