using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

public sealed class An_admission
{
    private static readonly ReviewAppPolicy ByLabel = new() { Create = ReviewAppCreation.ByLabel, Label = "preview" };

    [Fact]
    public void Waits_for_the_label_and_ends_without_it()
    {
        var pipeline = OnPaperReviews.With(ByLabel);
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled("bug")).Told().Should().BeEmpty();
        pipeline.Waits("pr-7").Should().Be(ReviewAppWait.Label);
        pipeline.Reason("pr-7").Should().Contain("'preview'").And.Contain("bug");

        pipeline.Sees(1, Proposal("pr-7", 7).Labelled("bug", "Preview")).Told().Should().Equal("pr-7");
        pipeline.Waits("pr-7").Should().BeNull();
        pipeline.Sees(1, Proposal("pr-7", 8).Labelled("preview", "bug")).Told().Should().Equal("pr-7");

        var lost = pipeline.Sees(1, Proposal("pr-7", 8).Labelled("bug"));
        lost.Said<DestroyApp>(AppDecider.StreamOf(OnPaperReviews.AppOf("pr-7"))).Should().ContainSingle().Which.Evidence.Should().Contain("no label 'preview'");
        pipeline.Waits("pr-7").Should().Be(ReviewAppWait.Label);
        pipeline.Sees(1, Proposal("pr-7", 8).Labelled("preview")).Told().Should().Equal("pr-7");
    }

    [Fact]
    public void Concludes_nothing_from_labels_that_its_source_does_not_know()
    {
        var pipeline = OnPaperReviews.With(ByLabel);
        pipeline.Sees(1, Proposal("pr-8", 8)).Told().Should().BeEmpty();
        pipeline.Reason("pr-8").Should().Contain("source 'git' knows no labels");
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled("preview"), Proposal("pr-8", 8)).Told().Should().Equal("pr-7");
        pipeline.Sees(1, Proposal("pr-7", 7), Proposal("pr-8", 8)).ToldToGo().Should().BeEmpty();
    }

    [Fact]
    public void Does_not_end_an_unlabelled_app_that_somebody_asked_for_or_that_is_perhaps_closed()
    {
        var pipeline = OnPaperReviews.With(ByLabel);
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled(), Proposal("pr-8", 8).Labelled("preview"));
        pipeline.Want("pr-7").Told().Should().Equal("pr-7");
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled(), Proposal("pr-8", 8).Labelled("preview")).ToldToGo().Should().BeEmpty();
        pipeline.Want("pr-8");
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled(), Proposal("pr-8", 8).Labelled()).ToldToGo().Should().BeEmpty("wanted by hand now");
    }

    [Fact]
    public void Of_a_closed_proposal_that_is_labelled_is_none()
    {
        var pipeline = OnPaperReviews.With(ByLabel);
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled("preview") with { Closed = true }).Told().Should().BeEmpty();
        pipeline.State.Proposals.Should().BeEmpty();
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled("preview"));
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled("preview", "done") with { Closed = true }).ToldToGo().Should().Equal("pr-7");
        pipeline.Sees(1, Proposal("pr-7", 7).Labelled("preview") with { Closed = true }).ToldToGo().Should().BeEmpty("it has gone");
    }

    [Fact]
    public void Waits_for_ready_for_review_and_outlives_the_way_back_to_a_draft()
    {
        var pipeline = OnPaperReviews.With(new() { Drafts = false });
        var draft = Proposal("pr-7", 7) with { Draft = true };
        pipeline.Sees(1, draft).Told().Should().BeEmpty();
        pipeline.Waits("pr-7").Should().Be(ReviewAppWait.Ready);
        pipeline.Sees(1, draft with { Draft = false }).Told().Should().Equal("pr-7");
        pipeline.Sees(1, draft).ToldToGo().Should().BeEmpty();
        pipeline.Sees(1, Proposal("pr-7", 8) with { Draft = true }).Told().Should().Equal(["pr-7"], "an app that is there follows its pushes");
        OnPaperReviews.With(new()).Sees(1, draft).Told().Should().Equal("pr-7");
    }

    [Fact]
    public void Is_not_for_what_changes_nothing_that_matters()
    {
        var pipeline = OnPaperReviews.With(new());
        pipeline.Sees(1, Proposal("pr-7", 7) with { Untouched = true }).Told().Should().BeEmpty();
        pipeline.Reason("pr-7").Should().Contain("changes nothing that matters");
        pipeline.Sees(1, Proposal("pr-7", 8)).Told().Should().Equal("pr-7");
    }

    [Fact]
    public void By_hand_overrides_label_draft_and_paths_and_nothing_else()
    {
        foreach (var (policy, proposal) in new[]
        {
            (ByLabel, Proposal("pr-7", 7).Labelled()), (ByLabel, Proposal("pr-7", 7)), (new() { Create = ReviewAppCreation.ByHand }, Proposal("pr-7", 7)),
            (new() { Drafts = false }, Proposal("pr-7", 7) with { Draft = true }), (new(), Proposal("pr-7", 7) with { Untouched = true }),
        })
        {
            var pipeline = OnPaperReviews.With(policy);
            pipeline.Sees(1, proposal).Told().Should().BeEmpty();
            var asked = pipeline.Want("pr-7");
            asked.Told().Should().Equal("pr-7");
            asked.Said<HeadObserved>().Single().By.Should().Be("ada");
            pipeline.Want("pr-7").Messages.Should().BeEmpty("asked twice, done once");
            pipeline.Sees(1, proposal).Messages.Should().ContainSingle("nothing is new");
        }
        var full = OnPaperReviews.With(new() { Create = ReviewAppCreation.ByHand, MaxAlive = 1 });
        full.Sees(1, Proposal("pr-7", 7), Proposal("pr-8", 8));
        full.Want("pr-7");
        var second = full.Want("pr-8");
        second.Told().Should().BeEmpty();
        second.Answer!.Should().Match<Flow.Engine.Answer>(a => a.Accepted && a.Reason!.Contains("At most 1"));
    }

    [Fact]
    public void Of_nothing_that_is_open_is_refused()
    {
        var pipeline = OnPaperReviews.With(new());
        pipeline.Want("pr-7").Answer!.Code.Should().Be("review-app-unknown");
        pipeline.Dismiss("pr-7").Answer!.Code.Should().Be("review-app-unknown");
        pipeline.Tell(new PinReviewApp("pr-7", true, "ada")).Answer!.Code.Should().Be("review-app-unknown");
        pipeline.Sees(1, Proposal("pr-7", 7));
        pipeline.Tell(new WantReviewApp("pr-7", AppName.Parse("other"), null, "ada")).Answer!.Code.Should().Be("review-app-renamed", "its secrets would be bound to another name");
        Pipeline(Definition with { ReviewApps = null }).Want("pr-7").Answer!.Code.Should().Be("review-apps-off");
    }

    [Fact]
    public void Brings_the_config_that_was_given_with_the_request_to_the_first_definition_only()
    {
        var config = new Dictionary<string, ConfigValue> { ["SEED"] = new("demo", null) };
        var pipeline = OnPaperReviews.With(new() { Create = ReviewAppCreation.ByHand });
        pipeline.Sees(1, Proposal("pr-7", 7));
        pipeline.Want("pr-7", config).Said<DefineApp>().Should().ContainSingle().Which.Config.Should().BeSameAs(config);
        pipeline.Want("pr-7", config).Answer!.Reason.Should().Contain("SetConfigAsync");
        pipeline.Tell(Declare(pipeline.State.Declared!.Definition with { Owner = "them" }, "2")).Said<DefineApp>(AppDecider.StreamOf(OnPaperReviews.AppOf("pr-7"))).Should().ContainSingle().Which.Config.Should().BeNull();
    }

    [Fact]
    public void Needs_a_name_and_says_what_is_wrong_with_it()
    {
        var pipeline = OnPaperReviews.With(new() { BaseName = "web" });
        pipeline.Sees(1, Proposal("pr-7", 7)).Said<DefineApp>(AppDecider.StreamOf(AppName.Parse("web-pr-7"))).Should().ContainSingle();
        var definition = pipeline.State.Declared!.Definition;
        pipeline.Tell(Declare(definition with { ReviewApps = new() { BaseName = "other" } }, "2")).Said<DefineApp>(AppDecider.StreamOf(AppName.Parse("web-pr-7"))).Should().ContainSingle("for the life of the proposal");
        pipeline.Sees(1, Proposal("pr-7", 8)).Messages.Should().Contain(m => m.To == AppDecider.StreamOf(AppName.Parse("web-pr-7")));

        var long1 = OnPaperReviews.With(new() { BaseName = new('x', 60) });
        long1.Sees(1, Proposal("pr-7", 7)).Told().Should().BeEmpty();
        long1.Waits("pr-7").Should().Be(ReviewAppWait.Name);
        long1.State.Problems["proposal pr-7"].Should().Contain("65 characters").And.Contain("BaseName");
        OnPaperReviews.With(new() { BaseName = "Shop" }).Sees(1, Proposal("pr-7", 7)).Told().Should().BeEmpty();
    }

    [Fact]
    public void Records_what_changes_of_a_proposal_without_a_new_order()
    {
        var pipeline = OnPaperReviews.With(new());
        var first = Proposal("pr-7", 7).Labelled("a", "b") with { Base = "main", Number = 7 };
        pipeline.Sees(1, first);
        var order = pipeline.State.Order;
        pipeline.Sees(1, first.Labelled("b", "a")).Events.OfType<ProposalChanged>().Should().BeEmpty("labels are a set");
        foreach (var other in new[] { first with { Base = "develop" }, first with { Draft = true }, first.Labelled("a"), first with { Labels = null }, first with { Title = "x" }, first with { Branch = "x" } })
        {
            pipeline.Sees(1, other).Events.OfType<ProposalChanged>().Should().ContainSingle();
            pipeline.State.Proposals["pr-7"].Should().Match<ObservedProposal>(p => p.Proposal == other && p.Told == p.Order);
        }
        pipeline.State.Order.Should().Be(order);
    }

    [Fact]
    public void Of_a_head_that_becomes_trusted_needs_no_push()
    {
        var pipeline = OnPaperReviews.With(new());
        pipeline.Sees(1, Proposal("pr-7", 7, Flow.Sources.Trust.Untrusted)).Told().Should().BeEmpty();
        pipeline.Sees(1, Proposal("pr-7", 7)).Told().Should().Equal("pr-7");
        pipeline.State.Problems.Should().BeEmpty();
    }

    [Fact]
    public void Costs_four_times_as_many_proposals_four_times_as_much()
    {
        Seen(16);
        var (few, many) = (Seen(250), Seen(1000));
        ((double)many / few).Should().BeLessThan(6, "copies of everything for each proposal would be sixteen times as much");

        static long Seen(int count)
        {
            var pipeline = OnPaperReviews.With(new() { MaxAlive = count / 2 });
            var all = Enumerable.Range(1, count).Select(n => Proposal($"pr-{n}", 10_000 + n)).ToList();
            pipeline.Sees(1);
            pipeline.Tell(new LookNow());
            var before = GC.GetAllocatedBytesForCurrentThread();
            var seen = pipeline.Sees(1, all);
            var spent = GC.GetAllocatedBytesForCurrentThread() - before;
            seen.Told().Should().HaveCount(count / 2);
            pipeline.State.Proposals.Values.Count(p => p.Waits == ReviewAppWait.Room).Should().Be(count / 2);
            pipeline.Sees(1, all).Events.Should().OnlyContain(e => e is LookEnded);
            return spent;
        }
    }
}
