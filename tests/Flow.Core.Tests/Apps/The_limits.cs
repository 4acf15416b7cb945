using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Apps;

public sealed class The_limits
{
    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Of_a_formation(int web, bool accepted) =>
        Released(1).Tell(new ScaleProcesses(new Dictionary<string, int> { ["web"] = web }, "ada")).Answer!.Accepted.Should().Be(accepted);

    [Theory]
    [InlineData(32 * 1024 - 4, true)]
    [InlineData(32 * 1024 - 3, false)]
    public void Of_config_count_names_and_values_of_all_variables(int value, bool accepted)
    {
        var app = Released(1);
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("x", null) }, "ada")).Answer!.Accepted.Should().BeTrue();
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["BC"] = new(new('x', value), null) }, "ada")).Answer!.Accepted.Should().Be(accepted);
    }

    [Fact]
    public void Of_config_count_what_is_left_when_a_variable_goes()
    {
        var app = Released(1);
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new(new('x', 30_000), null) }, "ada"));
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = null, ["B"] = new(new('x', 30_000), null) }, "ada")).Answer!.Accepted.Should().BeTrue();
        app.State.ConfigOf(app.State.Config).Keys.Should().Equal("B");
    }

    [Fact]
    public void Of_what_is_remembered_of_refusals()
    {
        var app = App();
        for (var i = 0; i < 12; i++) app.Tell(new RequestRollback(100 + i, "ada"));
        app.State.Refusals.Should().HaveCount(10);
        app.State.Refusals[^1].At.Should().Be(app.Now);
    }

    [Fact]
    public void Of_what_is_remembered_of_promotions()
    {
        var app = Released(1);
        for (var i = 0; i < 23; i++) app.Tell(new RequestPromotion($"p{i}", null, [AppName.Parse("shop-production")], "ada"));
        app.State.Promotions.Select(p => p.Id).Should().Equal(Enumerable.Range(3, 20).Select(i => $"p{i}"));
        app.Tell(new RequestPromotion("p22", null, [AppName.Parse("shop-production")], "ada")).Messages.Should().BeEmpty("it is known");
    }

    [Fact]
    public void Of_a_promotion_are_the_later_stages()
    {
        var offer = new ReceivePromotion(new("p", AppName.Parse("shop-development"), 1), Shop, Stage.Staging, Artifact(1), Revision(1), "ada");
        App().Tell(offer).Said<PromotionTargetEnded>().Should().ContainSingle("staging does not come after staging").Which.Target.State.Should().Be(PromotionState.Failed);
        App().Tell(offer with { FromStage = Stage.Development }).Said<PromotionTargetEnded>().Should().BeEmpty();
    }

    [Fact]
    public void Of_a_promotion_settle_one_target_and_leave_the_others()
    {
        var app = Released(1);
        AppName[] targets = [AppName.Parse("shop-production"), AppName.Parse("shop-europe")];
        foreach (var id in (string[])["one", "two"]) app.Tell(new RequestPromotion(id, null, targets, "ada"));
        app.Tell(new PromotionTargetEnded("two", new(targets[1], PromotionState.Succeeded)));
        app.State.Promotions.SelectMany(p => p.Targets.Select(t => (p.Id, t.App, t.State))).Should().Equal(
            ("one", targets[0], PromotionState.Pending), ("one", targets[1], PromotionState.Pending), ("two", targets[0], PromotionState.Pending), ("two", targets[1], PromotionState.Succeeded));
        app.Tell(new PromotionTargetEnded("three", new(targets[0], PromotionState.Succeeded))).Events.Should().BeEmpty("nobody asked for that one");
    }
}
