using Flow.Core.Tests.Engine;
using Flow.ReviewApps;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

public sealed class The_queue
{
    [Fact]
    public void Names_the_limit_who_is_alive_and_the_place()
    {
        var pipeline = OnPaperReviews.With(new() { MaxAlive = 2 });
        pipeline.Sees(1, Proposal("pr-1", 11), Proposal("pr-2", 12), Proposal("pr-3", 13), Proposal("pr-4", 14)).Told().Should().Equal("pr-1", "pr-2");
        pipeline.Waits("pr-3").Should().Be(ReviewAppWait.Room);
        pipeline.Reason("pr-3").Should().Contain("At most 2").And.Contain("shop-pr-1, shop-pr-2").And.Contain("number 1 in the queue");
        pipeline.Reason("pr-4").Should().Contain("number 2 in the queue");
    }

    [Fact]
    public void Moves_when_an_app_has_gone_and_not_when_it_is_told_to_go()
    {
        var pipeline = OnPaperReviews.With(new() { MaxAlive = 1 });
        pipeline.Sees(1, Proposal("pr-1", 11), Proposal("pr-2", 12));
        var closed = pipeline.Sees(1, Proposal("pr-1", 11) with { Closed = true }, Proposal("pr-2", 12));
        closed.ToldToGo().Should().Equal("pr-1");
        closed.Told().Should().BeEmpty("it is being torn down, and counts");
        pipeline.Reason("pr-2").Should().Contain("1 of them being torn down");
        pipeline.Sees(1, Proposal("pr-2", 12)).Told().Should().BeEmpty();
        pipeline.Gone("pr-1").Told().Should().Equal("pr-2");
        pipeline.State.Teardowns.Should().BeEmpty();
        pipeline.Gone("pr-1").Events.Should().BeEmpty("told twice");
    }

    [Fact]
    public void Keeps_the_order_of_observation_also_after_pushes()
    {
        var pipeline = OnPaperReviews.With(new() { MaxAlive = 1 });
        pipeline.Sees(1, Proposal("pr-9", 19));
        pipeline.Sees(1, Proposal("pr-9", 19), Proposal("pr-5", 15));
        pipeline.Sees(1, Proposal("pr-9", 19), Proposal("pr-5", 15), Proposal("pr-3", 13));
        pipeline.Sees(1, Proposal("pr-9", 19), Proposal("pr-5", 16), Proposal("pr-3", 13));
        pipeline.Reason("pr-5").Should().Contain("number 1 ");
        pipeline.Sees(1, Proposal("pr-9", 19) with { Closed = true }, Proposal("pr-5", 16), Proposal("pr-3", 13));
        pipeline.Gone("pr-9").Told().Should().Equal("pr-5");
    }

    [Fact]
    public void Holds_no_push_back_to_an_app_that_is_there()
    {
        var pipeline = OnPaperReviews.With(new() { MaxAlive = 2 });
        pipeline.Sees(1, Proposal("pr-1", 11), Proposal("pr-2", 12), Proposal("pr-3", 13));
        var definition = pipeline.State.Declared!.Definition;
        pipeline.Tell(Declare(definition with { ReviewApps = new() { MaxAlive = 1 } }, "2"));
        pipeline.Sees(1, Proposal("pr-1", 21), Proposal("pr-2", 22), Proposal("pr-3", 23)).Told().Should().Equal("pr-1", "pr-2");
        pipeline.Tell(Declare(definition with { ReviewApps = new() }, "3"));
        pipeline.Sees(1, Proposal("pr-1", 21), Proposal("pr-2", 22), Proposal("pr-3", 23)).Told().Should().Equal("pr-3");
    }

    [Fact]
    public void Lets_nobody_overtake_and_waits_for_nobody_that_does_not_stand_in_it()
    {
        var pipeline = OnPaperReviews.With(new() { MaxAlive = 1, Drafts = false });
        pipeline.Sees(1, Proposal("pr-1", 11), Proposal("pr-2", 12), Proposal("pr-3", 13) with { Draft = true }, Proposal("pr-4", 14));
        pipeline.Waits("pr-3").Should().Be(ReviewAppWait.Ready, "a draft does not stand in the queue");
        pipeline.Reason("pr-4").Should().Contain("number 2 ");
        // The first comes back in mid-teardown: behind those that wait already.
        pipeline.Sees(1, Proposal("pr-1", 11) with { Closed = true }, Proposal("pr-2", 12), Proposal("pr-4", 14));
        pipeline.Sees(1, Proposal("pr-1", 11), Proposal("pr-2", 12), Proposal("pr-4", 14)).Told().Should().BeEmpty();
        pipeline.Reason("pr-1").Should().Contain("number 3 ");
        pipeline.Gone("pr-1").Told().Should().Equal("pr-2");
    }

    [Fact]
    public void Gives_no_place_to_a_proposal_that_is_perhaps_closed()
    {
        var pipeline = OnPaperReviews.With(new() { MaxAlive = 1 });
        pipeline.Sees(1, Proposal("pr-1", 11), Proposal("pr-2", 12), Proposal("pr-3", 13));
        pipeline.Sees(1, Proposal("pr-1", 11) with { Closed = true }, Proposal("pr-3", 13));
        pipeline.Gone("pr-1").Told().Should().Equal(["pr-3"], "pr-2 was missing from the last listing");
    }

    [Fact]
    public void Is_for_deployments_by_hand_too()
    {
        var pipeline = OnPaperReviews.With(new() { MaxAlive = 1 });
        pipeline.Sees(1, Proposal("pr-1", 11), Proposal("pr-2", 12));
        var asked = pipeline.Tell(new Flow.Pipelines.DeployHead(OnPaperReviews.AppOf("pr-2"), null, "ada"));
        asked.Answer!.Should().Match<Flow.Engine.Answer>(a => a.Code == "review-app-waits" && a.Reason!.Contains("At most 1"));
        asked.Events.Should().BeEmpty();
    }
}
