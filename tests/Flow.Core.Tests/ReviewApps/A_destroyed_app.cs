using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

public sealed class A_destroyed_app
{
    private static readonly AppName Seven = OnPaperReviews.AppOf("pr-7");

    [Fact]
    public void Stays_away_until_somebody_wants_it_again()
    {
        var pipeline = OnPaperReviews.With(new());
        var app = OnPaperReviews.App("pr-7");
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 7)), "pr-7");
        pipeline.Tell(new PinReviewApp("pr-7", true, "ada"));
        var dismissed = pipeline.Dismiss("pr-7");
        dismissed.Said<DestroyApp>(AppDecider.StreamOf(Seven)).Should().ContainSingle().Which.By.Should().Be("ada");
        app.Hear(dismissed, "pr-7");
        pipeline.Sees(1, Proposal("pr-7", 7)).Told().Should().BeEmpty();
        pipeline.Sees(1, Proposal("pr-7", 8)).Told().Should().BeEmpty("also after a new commit");
        pipeline.Reason("pr-7").Should().Contain("ada").And.Contain("wants it again");
        pipeline.State.Proposals["pr-7"].Pinned.Should().BeNull();
        pipeline.Dismiss("pr-7").Events.Should().BeEmpty();

        app.Hear(pipeline.Want("pr-7"), "pr-7");
        app.State.Rebirth.Should().Match<Rebirth>(r => r.Head!.Sha == Commit(8), "it was still being torn down");
        pipeline.Gone("pr-7");
        pipeline.State.Teardowns.Should().BeEmpty();
        pipeline.State.Proposals["pr-7"].Should().Match<ObservedProposal>(p => p.App == Seven && p.Away == null, "the end of the old life is not the end of the new one");
    }

    [Fact]
    public void Comes_back_under_another_name_without_the_secrets_that_nobody_can_read_there()
    {
        var pipeline = OnPaperReviews.With(new() { StaleAfter = TimeSpan.FromDays(1) });
        var config = new Dictionary<string, ConfigValue> { ["PLAIN"] = new("1", null), ["TOKEN"] = new(null, "for shop-pr-7") };
        pipeline.Sees(1, Proposal("pr-7", 7));
        pipeline.Dismiss("pr-7");
        pipeline.Want("pr-7", config).Said<DefineApp>(AppDecider.StreamOf(Seven)).Single().Config.Should().Equal(config);
        pipeline.Gone("pr-7");
        pipeline.Gone("pr-7");   // somebody destroyed it: what was given with it is over
        pipeline.State.Proposals["pr-7"].Config.Should().BeNull();

        pipeline = OnPaperReviews.With(new() { Create = ReviewAppCreation.ByHand, MaxAlive = 1 });
        pipeline.Sees(1, Proposal("pr-6", 6), Proposal("pr-7", 7));
        pipeline.Want("pr-6");
        pipeline.Want("pr-7", config).Said<DefineApp>().Should().BeEmpty("there is no room");
        pipeline.Tell(Declare(Definition with { ReviewApps = new() { Create = ReviewAppCreation.ByHand, BaseName = "other" }, MaxClosingsAtOnce = 10 }, "2"));
        PipelineDecider.CiphertextsOf(Shop, pipeline.State).Should().Equal(("app/shop-pr-7/config/TOKEN", "for shop-pr-7"));
        var born = pipeline.Sees(1, Proposal("pr-6", 6), Proposal("pr-7", 7)).Said<DefineApp>(AppDecider.StreamOf(AppName.Parse("other-pr-7"))).Should().ContainSingle().Which;
        born.Config!.Keys.Should().Equal("PLAIN");
    }

    [Fact]
    public void Comes_back_with_the_head_that_it_had()
    {
        var pipeline = OnPaperReviews.With(new());
        var app = OnPaperReviews.App("pr-7");
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 7)), "pr-7");
        app.Hear(pipeline.Dismiss("pr-7"), "pr-7");
        app.State.Life.Should().Be(AppLife.Destroying);
        app.Hear(pipeline.Want("pr-7"), "pr-7");
        app.State.Rebirth.Should().Match<Rebirth>(r => r.Head!.Sha == Commit(7), "to its app, what was observed before its end is old: it hears of it as of something new");
    }

    [Fact]
    public void That_waits_for_something_can_be_refused_beforehand()
    {
        var pipeline = OnPaperReviews.With(new() { Drafts = false });
        pipeline.Sees(1, Proposal("pr-7", 7) with { Draft = true });
        pipeline.Dismiss("pr-7").Messages.Should().BeEmpty();
        pipeline.Sees(1, Proposal("pr-7", 7)).Told().Should().BeEmpty();
        pipeline.Waits("pr-7").Should().Be(ReviewAppWait.Return);
    }

    [Fact]
    public void By_somebody_past_its_pipeline_stays_away_too()
    {
        var pipeline = OnPaperReviews.With(new());
        pipeline.Sees(1, Proposal("pr-7", 7));
        var gone = pipeline.Gone("pr-7");
        gone.Said<DestroyApp>(AppDecider.StreamOf(Seven)).Should().ContainSingle("in case that it was born again meanwhile");
        pipeline.State.Proposals["pr-7"].Should().Match<ObservedProposal>(p => p.App == null && p.Away!.For == ReviewAppAbsence.Dismissed);
        pipeline.Gone("pr-7").Told().Should().BeEmpty();
        pipeline.State.Teardowns.Should().BeEmpty();
        pipeline.Sees(1, Proposal("pr-7", 8)).Told().Should().BeEmpty();
        pipeline.Want("pr-7").Told().Should().Equal("pr-7");
        pipeline.Tell(new ReviewAppGone("pr-7", Seven, Read: true)).Events.Should().BeEmpty("what somebody has read of an old life means nothing for the new one");
    }

    [Fact]
    public void Is_not_the_life_that_came_after_it()
    {
        var pipeline = OnPaperReviews.With(new());
        pipeline.Sees(1, Proposal("pr-7", 7));
        pipeline.Dismiss("pr-7");
        var end = new ReviewAppGone("pr-7", Seven, SeenUntil: pipeline.State.Order);
        pipeline.Want("pr-7");
        pipeline.Tell(end);
        pipeline.Tell(end).Events.Should().BeEmpty("the end of the old life is told twice, and is not the end of the new one");
        pipeline.State.Should().Match<PipelineState>(p => p.Teardowns.Count == 0 && p.Proposals["pr-7"].App == Seven);
    }

    [Fact]
    public void By_hand_is_known_also_while_an_older_end_has_not_been_heard_of()
    {
        var pipeline = OnPaperReviews.With(new() { MaxAlive = 1 });
        pipeline.Sees(1, Proposal("pr-7", 7), Proposal("pr-8", 8));
        pipeline.Gone("pr-7");
        pipeline.Want("pr-7");
        pipeline.State.Proposals["pr-7"].App.Should().Be(Seven, "its older life is on show as being torn down");
        pipeline.Tell(new ReviewAppGone("pr-7", Seven, SeenUntil: pipeline.State.Proposals["pr-7"].Told));
        pipeline.State.Proposals["pr-7"].Should().Match<ObservedProposal>(p => p.App == null && p.Away!.For == ReviewAppAbsence.Dismissed);
    }

    [Fact]
    public void Says_so_to_its_pipeline_that_tells_it_of_a_head()
    {
        var app = OnPaperReviews.App("pr-7");
        var pipeline = OnPaperReviews.With(new());
        var told = pipeline.Sees(1, Proposal("pr-7", 7)).Messages.Where(m => m.To == AppDecider.StreamOf(Seven)).Select(m => (AppInput)m.Input).ToList();
        app.Tell(told[0], new DestroyApp("asked for", "ada"));
        app.Tell(new RequestSlot(new(Seven, 1), null)).Said<Flow.Runs.SlotGranted>().Should().ContainSingle();
        app.Tell(told[1]).Said<ReviewAppGone>().Should().BeEmpty("its end will say so");
        app.Tell(new RunEnded(new(Seven, 1), Flow.Runs.RunStatus.Succeeded, null, [])).Said<ReviewAppGone>().Should().ContainSingle().Which.SeenUntil.Should().Be(pipeline.State.Proposals["pr-7"].Told);
        app.Tell(((HeadObserved)told[1]) with { Order = 99 }).Said<ReviewAppGone>().Should().ContainSingle().Which.SeenUntil.Should().Be(99);
    }

    [Fact]
    public void Lives_by_the_newest_word_of_its_pipeline_not_by_the_last_that_came()
    {
        var (app, pipeline) = (OnPaperReviews.App("pr-7"), OnPaperReviews.With(new()));
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 7)), "pr-7");
        Flow.Engine.Decision Set(string value) => pipeline.Tell(new ChangeStageConfig(Stage.Review, new Dictionary<string, ConfigValue?> { ["A"] = new(value, null, ConfigOrigin.Stage) }, "ada"));
        var older = Set("1");
        app.Hear(older, "pr-7");
        app.Hear(Set("2"), "pr-7");
        app.Hear(older, "pr-7");
        app.State.Policy!.StageConfig["A"].Plain.Should().Be("2");
    }

    [Fact]
    public void Reopened_in_mid_teardown_is_born_again_with_its_new_head()
    {
        var pipeline = OnPaperReviews.With(new());
        var app = OnPaperReviews.App("pr-7");
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 7)), "pr-7");
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 7) with { Closed = true }), "pr-7");
        pipeline.State.Teardowns.Should().ContainKey("shop-pr-7").WhoseValue.Should().Match<ReviewAppTeardown>(t => t.Key == "pr-7" && t.Evidence.Contains("closed"));
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 7)), "pr-7");
        app.State.Should().Match<AppState>(a => a.Life == AppLife.Destroying && a.Rebirth!.Head!.Sha == Commit(7));
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 7) with { Closed = true }), "pr-7");
        app.State.Rebirth.Should().BeNull("closed once more");
        pipeline.Gone("pr-7");
        pipeline.State.Should().Match<PipelineState>(p => p.Teardowns.Count == 0 && p.Proposals.Count == 0);
    }

    [Fact]
    public void Opened_and_closed_between_two_looks_was_never_there()
    {
        var pipeline = OnPaperReviews.With(new());
        pipeline.Sees(1, Proposal("pr-7", 7) with { Closed = true }).Messages.Should().NotContain(m => m.To == AppDecider.StreamOf(Seven));
        pipeline.State.Should().Match<PipelineState>(p => p.Teardowns.Count == 0 && p.Proposals.Count == 0);
    }

    [Fact]
    public void Outlives_another_base_of_its_proposal()
    {
        var pipeline = OnPaperReviews.With(new());
        pipeline.Sees(1, Proposal("pr-7", 7) with { Base = "main" });
        var moved = pipeline.Sees(1, Proposal("pr-7", 7) with { Base = "develop" });
        moved.Messages.Should().ContainSingle("only the next look");
        pipeline.Sees(1, Proposal("pr-7", 7) with { Base = "develop", Closed = true }).ToldToGo().Should().Equal("pr-7");
    }
}
