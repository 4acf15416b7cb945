using Flow.Core.Tests.Engine;
using Flow.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

public sealed class An_unused_app
{
    private static readonly ReviewAppPolicy Policy = new() { StaleAfter = TimeSpan.FromDays(5) };
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static OnPaper<PipelineState, PipelineInput, PipelineEvent> Shown(ReviewAppPolicy? policy = null)
    {
        var pipeline = OnPaperReviews.With(policy ?? Policy);
        pipeline.Now = Start;
        pipeline.Sees(1, Proposal("pr-7", 7)).Told().Should().Equal("pr-7");
        return pipeline;
    }

    private static Decision Judge(OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, double days, double? visited = null)
    {
        pipeline.Now = Start.AddDays(days);
        return pipeline.Tell(new JudgeReviewApps(visited is { } at ? [new(OnPaperReviews.AppOf("pr-7"), Start.AddDays(at))] : []));
    }

    private static DateTimeOffset? GoesAt(OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline) =>
        PipelineDecider.StaleAt(pipeline.State.Declared!.Definition.ReviewApps, pipeline.State.Proposals["pr-7"]);

    [Fact]
    public void Is_warned_and_goes_and_comes_back_with_a_new_commit()
    {
        var pipeline = Shown();
        GoesAt(pipeline).Should().Be(Start.AddDays(5));
        Judge(pipeline, 3.9).Events.Should().BeEmpty();
        Judge(pipeline, 4).Events.OfType<ReviewAppWarned>().Should().ContainSingle().Which.GoesAt.Should().Be(Start.AddDays(5));
        Judge(pipeline, 4.9).Events.Should().BeEmpty("it was said");
        Judge(pipeline, 5).ToldToGo().Should().Equal("pr-7");
        pipeline.Waits("pr-7").Should().Be(ReviewAppWait.Push);
        pipeline.Sees(1, Proposal("pr-7", 7)).Told().Should().BeEmpty();
        pipeline.Gone("pr-7").Told().Should().BeEmpty();
        pipeline.Sees(1, Proposal("pr-7", 8)).Told().Should().Equal("pr-7");
        GoesAt(pipeline).Should().Be(Start.AddDays(10));
    }

    [Fact]
    public void Comes_back_by_hand_without_a_commit()
    {
        var pipeline = Shown();
        Judge(pipeline, 4);
        Judge(pipeline, 5);
        pipeline.Want("pr-7").Told().Should().Equal("pr-7");
        pipeline.Waits("pr-7").Should().BeNull();
        Judge(pipeline, 9);
        Judge(pipeline, 10).ToldToGo().Should().Equal(["pr-7"], "wanted is not pinned");
        pipeline.Waits("pr-7").Should().Be(ReviewAppWait.Push);
    }

    [Fact]
    public void Is_used_by_a_visit_a_head_and_a_deployment_by_hand()
    {
        foreach (var use in new Action<OnPaper<PipelineState, PipelineInput, PipelineEvent>>[]
        {
            p => Judge(p, 4.5, visited: 4.5), p => p.Sees(1, Proposal("pr-7", 8)), p => p.Tell(new DeployHead(OnPaperReviews.AppOf("pr-7"), Commit(7), "ada")),
        })
        {
            var pipeline = Shown();
            Judge(pipeline, 4);
            pipeline.Now = Start.AddDays(4.5);
            use(pipeline);
            pipeline.State.Proposals["pr-7"].Should().Match<ObservedProposal>(p => p.ActiveAt == Start.AddDays(4.5) && p.WarnedAt == null);
            Judge(pipeline, 6).Messages.Should().BeEmpty();
            Judge(pipeline, 8.6).Events.OfType<ReviewAppWarned>().Should().ContainSingle();
            Judge(pipeline, 9.7).ToldToGo().Should().Equal("pr-7");
        }
    }

    [Fact]
    public void Is_no_older_for_a_router_that_forgot()
    {
        var pipeline = Shown();
        Judge(pipeline, 3, visited: 3);
        Judge(pipeline, 3.1, visited: 1).Events.Should().BeEmpty();
        Judge(pipeline, 3.2).Events.Should().BeEmpty();
        pipeline.State.Proposals["pr-7"].ActiveAt.Should().Be(Start.AddDays(3));
    }

    [Fact]
    public void Never_goes_at_the_first_judgement()
    {
        var pipeline = Shown();
        var late = Judge(pipeline, 400);
        late.ToldToGo().Should().BeEmpty("perhaps the clock has jumped, or the engine was away: nobody was told");
        late.Events.OfType<ReviewAppWarned>().Should().ContainSingle().Which.GoesAt.Should().Be(Start.AddDays(401));
        Judge(pipeline, 400.9).ToldToGo().Should().BeEmpty();
        Judge(pipeline, 401).ToldToGo().Should().Equal("pr-7");
    }

    [Fact]
    public void Outlives_a_clock_that_goes_back()
    {
        var pipeline = Shown();
        Judge(pipeline, 100);
        Judge(pipeline, 5).ToldToGo().Should().BeEmpty();
        pipeline.State.Proposals["pr-7"].WarnedAt.Should().Be(Start.AddDays(5), "a warning from the future is said again");
        Judge(pipeline, 6).ToldToGo().Should().Equal("pr-7");

        var visited = Shown();
        Judge(visited, 1, visited: 1000);
        visited.State.Proposals["pr-7"].ActiveAt.Should().Be(Start.AddDays(1), "nobody visits tomorrow");
        visited.Now = Start.AddDays(50);
        visited.Sees(1, Proposal("pr-7", 8));
        Judge(visited, 2);
        visited.State.Proposals["pr-7"].ActiveAt.Should().Be(Start.AddDays(2), "or it would be kept until the clock is there again");
    }

    [Fact]
    public void Stays_while_it_is_pinned_and_is_warned_anew_after_that()
    {
        var pipeline = Shown();
        Judge(pipeline, 4);
        pipeline.Tell(new PinReviewApp("pr-7", true, "ada")).Answer!.Accepted.Should().BeTrue();
        pipeline.Tell(new PinReviewApp("pr-7", true, "bob")).Events.Should().BeEmpty();
        pipeline.State.Proposals["pr-7"].Pinned.Should().Be("ada");
        GoesAt(pipeline).Should().BeNull();
        Judge(pipeline, 50).Events.Should().BeEmpty();
        pipeline.Tell(new PinReviewApp("pr-7", false, "ada"));
        Judge(pipeline, 51).ToldToGo().Should().BeEmpty();
        Judge(pipeline, 52).ToldToGo().Should().Equal("pr-7");
    }

    [Fact]
    public void Is_judged_by_the_rules_of_today()
    {
        var pipeline = Shown();
        Judge(pipeline, 4);
        var definition = pipeline.State.Declared!.Definition;
        pipeline.Tell(Declare(definition with { ReviewApps = new() }, "2"));
        Judge(pipeline, 30).Events.Should().BeEmpty();
        GoesAt(pipeline).Should().BeNull();
        pipeline.Tell(Declare(definition, "3"));
        Judge(pipeline, 31).ToldToGo().Should().BeEmpty("what was said under other rules does not count");
        Judge(pipeline, 32).ToldToGo().Should().Equal("pr-7");
    }

    [Fact]
    public void Makes_room()
    {
        var pipeline = Shown(Policy with { MaxAlive = 1 });
        pipeline.Sees(1, Proposal("pr-7", 7), Proposal("pr-8", 8)).Told().Should().BeEmpty();
        Judge(pipeline, 4);
        Judge(pipeline, 5).Told().Should().BeEmpty();
        pipeline.Gone("pr-7").Told().Should().Equal("pr-8");
    }
}
