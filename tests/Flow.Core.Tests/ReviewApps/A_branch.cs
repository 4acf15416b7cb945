using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Sources;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

/// <summary>With an app and without a proposal.</summary>
public sealed class A_branch
{
    private static Decision Sees(OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, params (string Name, int Commit)[] branches)
    {
        if (!pipeline.State.LookDue) pipeline.Tell(new LookNow());
        return pipeline.Tell(new Looked(pipeline.State.Look, new() { Branches = branches.ToDictionary(b => b.Name, b => Commit(b.Commit)), Proposals = [] }));
    }

    private static Decision Want(OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, string branch) =>
        BranchKey.In(pipeline.State, branch) is var key ? pipeline.Tell(new WantBranchApp(key, branch, OnPaperReviews.AppOf(key), new Dictionary<string, ConfigValue> { ["SEED"] = new("x", null) }, "ada")) : throw new InvalidOperationException();

    [Fact]
    public void Gets_an_app_follows_its_pushes_and_loses_it_when_it_is_missing_twice()
    {
        var pipeline = OnPaperReviews.With(new() { Create = ReviewAppCreation.ByHand });
        Sees(pipeline, ("main", 1), ("login", 2));
        Want(pipeline, "login").Answer.Should().BeEquivalentTo(new { Accepted = true, Reason = "login" });
        pipeline.State.LookDue.Should().BeTrue();
        Want(pipeline, "login").Events.Should().BeEmpty("idempotent");
        var seen = Sees(pipeline, ("main", 1), ("login", 2));
        seen.Said<DefineApp>(AppDecider.StreamOf(OnPaperReviews.AppOf("login"))).Should().ContainSingle().Which.Should().Match<DefineApp>(d => d.Config!.ContainsKey("SEED") && d.Policy.Review!.Branch == "login");
        seen.Said<HeadObserved>(AppDecider.StreamOf(OnPaperReviews.AppOf("login"))).Should().ContainSingle().Which.Revision.Should().Be(new Revision { Sha = Commit(2), Ref = "refs/heads/login", Trust = Trust.Trusted });
        Sees(pipeline, ("main", 1), ("login", 3)).Told().Should().Equal("login");
        Sees(pipeline, ("main", 1)).ToldToGo().Should().BeEmpty();
        Sees(pipeline, ("login", 3)).ToldToGo().Should().BeEmpty("without the default branch that is no listing");
        Sees(pipeline, ("main", 1), ("login", 3));
        Sees(pipeline, ("main", 1));
        Sees(pipeline, ("main", 1)).ToldToGo().Should().Equal("login");
        pipeline.State.WantedBranches.Should().BeEmpty();
        Sees(pipeline, ("main", 1), ("login", 3)).Told().Should().BeEmpty("nobody wants it any more");
    }

    [Fact]
    public void That_vanishes_with_others_is_held_by_the_brake()
    {
        var pipeline = OnPaperReviews.With(new(), maxClosings: 1);
        Sees(pipeline, ("main", 1));
        Want(pipeline, "one");
        Want(pipeline, "two");
        Sees(pipeline, ("main", 1), ("one", 2), ("two", 3)).Told().Should().BeEquivalentTo("one", "two");
        Sees(pipeline, ("main", 1));
        Sees(pipeline, ("main", 1)).ToldToGo().Should().BeEmpty();
        pipeline.State.BrakeHolds.Should().Equal("one", "two");
        pipeline.Tell(new ConfirmClosings("ada"));
        Sees(pipeline, ("main", 1)).ToldToGo().Should().Equal("one", "two");
    }

    [Fact]
    public void That_never_was_is_given_up_after_two_complete_listings()
    {
        var pipeline = OnPaperReviews.With(new());
        Sees(pipeline, ("main", 1));
        Want(pipeline, "lgoin");
        for (var i = 0; i < 3; i++) Sees(pipeline, ("other", 1));
        pipeline.State.WantedBranches.Should().ContainKey("lgoin", "incomplete listings say nothing");
        Sees(pipeline, ("main", 1));
        pipeline.State.WantedBranches.Should().ContainKey("lgoin");
        Sees(pipeline, ("main", 1)).Events.OfType<BranchUnwanted>().Should().ContainSingle().Which.Evidence.Should().Contain("lgoin");
        pipeline.State.WantedBranches.Should().BeEmpty();
    }

    [Fact]
    public void Loses_its_app_by_hand()
    {
        var pipeline = OnPaperReviews.With(new());
        Sees(pipeline, ("main", 1));
        Want(pipeline, "login");
        pipeline.Dismiss("login").Answer!.Accepted.Should().BeTrue();
        Sees(pipeline, ("main", 1), ("login", 2)).Told().Should().BeEmpty("it was given up before it was seen");
        Want(pipeline, "login");
        Sees(pipeline, ("main", 1), ("login", 2)).Told().Should().Equal("login");
        pipeline.Dismiss("login").ToldToGo().Should().Equal("login");
        Sees(pipeline, ("main", 1), ("login", 3)).Told().Should().BeEmpty();
        pipeline.State.Should().Match<PipelineState>(p => p.Proposals.Count == 0 && p.WantedBranches.Count == 0);
        pipeline.Dismiss("login").Answer!.Reason.Should().Contain("being torn down already");
    }

    [Fact]
    public void That_counts_as_a_proposal_has_one_app_and_that_of_a_stranger_is_not_meant()
    {
        var pipeline = OnPaperReviews.With(new() { Create = ReviewAppCreation.ByHand });
        var own = new Proposal { Key = "review-login-12345678", Head = Revision(7) with { Ref = "refs/heads/review/login" } };
        var fork = new Proposal { Key = "pr-9", Head = Revision(9, Trust.Untrusted) with { Ref = "refs/heads/other" }, Branch = "other" };
        pipeline.Sees(1, own, fork);
        var asked = Want(pipeline, "review/login");
        asked.Answer!.Reason.Should().Be(own.Key);
        asked.Told().Should().Equal(own.Key);
        pipeline.State.WantedBranches.Should().BeEmpty();
        Want(pipeline, "other").Answer!.Reason.Should().Be("other");
        pipeline.Waits("pr-9").Should().Be(ReviewAppWait.Isolation);
    }

    private static bool IsLabel(string key) => AppName.TryParse($"s-{key}", null, out _);

    [Fact]
    public void Has_a_key_that_is_a_label_and_its_own()
    {
        string[] branches = ["login", "Login", "feature/login", "feature-login", "feature_login", "pr-7", "7", "x-12ab34cd", new('a', 31), new('a', 32), "ünïcode", "///", "-a", "a-", new('b', 30)];
        var keys = branches.Select(BranchKey.Of).ToList();
        keys.Should().OnlyHaveUniqueItems().And.OnlyContain(k => k.Length <= 30 && IsLabel(k));
        BranchKey.Of("login").Should().Be("login");
        BranchKey.Of("feature/login").Should().MatchRegex("^feature-login-[0-9a-f]{8}$");
        BranchKey.Of("pr-7").Should().NotBe("pr-7", "that is pull request 7");
    }
}
