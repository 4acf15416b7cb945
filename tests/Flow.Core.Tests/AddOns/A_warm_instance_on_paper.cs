using Flow.AddOns;
using Flow.AddOns.Pools;
using Flow.Core.Tests.Engine;

namespace Flow.Core.Tests.AddOns;

public sealed class A_warm_instance_on_paper
{
    private static readonly WarmOrder Order = new("reviews", "db", new() { Id = "pool-reviews.1", Purpose = AddOnPurpose.Review });
    private static readonly Failure Broken = new("broken", "it is broken");

    private static OnPaper<WarmState, WarmInput, WarmEvent> Ordered()
    {
        var warm = new OnPaper<WarmState, WarmInput, WarmEvent>(new WarmDecider(), WarmDecider.StreamOf("pool-reviews.1"));
        warm.Tell(new MakeWarm(Order));
        return warm;
    }

    [Fact]
    public void Is_made_and_told()
    {
        var warm = Ordered();
        warm.Owes.Should().BeOfType<ProvisionWarm>();
        warm.Tell(new WarmMade()).Said<WarmIsReady>(PoolDecider.StreamOf("reviews")).Should().ContainSingle();
        warm.Owes.Should().BeNull();
        warm.Tell(new WarmMade()).Events.Should().BeEmpty();
    }

    [Fact]
    public void That_cannot_be_made_is_destroyed_before_anybody_hears_of_it()
    {
        var warm = Ordered();
        warm.Tell(new WarmMakingFailed(Broken)).Messages.Should().BeEmpty();
        warm.Owes.Should().BeOfType<DeprovisionWarm>("nobody knows how far it came");
        var end = warm.Tell(new WarmRemoved());
        end.Forgets.Should().BeTrue();
        end.Said<WarmHasFailed>().Should().ContainSingle().Which.Failure.Should().Be(Broken);
    }

    [Fact]
    public void Is_destroyed_until_it_is_gone()
    {
        var warm = Ordered();
        warm.Tell(new WarmMade(), new RemoveWarm());
        for (var failure = 1; failure < 40; failure++)
        {
            warm.Owes!.IdempotencyKey.Should().EndWith($"/remove/{failure - 1}");
            var alarm = warm.Tell(new WarmRemovingFailed(Broken)).Messages.Should().ContainSingle().Which;
            alarm.After.Should().BeLessThanOrEqualTo(TimeSpan.FromMinutes(10));
            warm.Owes.Should().BeNull();
            warm.Tell((WarmInput)alarm.Input);
        }
        var end = warm.Tell(new WarmRemoved());
        end.Forgets.Should().BeTrue();
        end.Said<WarmIsGone>().Should().ContainSingle();
    }

    [Fact]
    public void That_is_somebody_elses_is_forgotten_and_left_alone()
    {
        var warm = Ordered();
        warm.Tell(new WarmMade());
        warm.Tell(new ForgetWarm()).Should().Match<Flow.Engine.Decision>(d => d.Forgets && d.Messages.Count == 0);
        warm.Owes.Should().BeNull();
    }

    [Fact]
    public void That_goes_cannot_be_given_away_any_more()
    {
        var warm = Ordered();
        warm.Tell(new WarmMade(), new RemoveWarm());
        warm.Tell(new ForgetWarm()).Forgets.Should().BeFalse();
        warm.Owes.Should().BeOfType<DeprovisionWarm>();
    }
}
