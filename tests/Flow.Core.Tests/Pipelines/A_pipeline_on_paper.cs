using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Sources;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Pipelines;

public sealed class A_pipeline_on_paper
{
    private static readonly AppName Review = AppName.Parse("shop-pr-7");

    [Fact]
    public void Hears_nothing_new_in_what_it_has_heard()
    {
        var pipeline = Pipeline();
        pipeline.Sees(1, Proposal("pr-7", 7));
        var looked = pipeline.State.Look;
        var again = pipeline.Sees(1, Proposal("pr-7", 7));
        again.Messages.Should().ContainSingle().Which.Input.Should().BeOfType<LookNow>("only the next look is arranged");
        pipeline.Tell(new Looked(looked, new() { Branches = new Dictionary<string, CommitSha> { ["main"] = Commit(9) }, Proposals = [] })).Events.Should().BeEmpty("that look is over");
        pipeline.Tell(new LookFailed(looked, new("late", "late"))).Events.Should().BeEmpty();
        pipeline.Tell(new LookNow(looked)).Events.Should().BeEmpty("that alarm is old");
        pipeline.Tell(new ReportCheck(Commit(1), new("ci", CheckState.Success)));
        pipeline.Tell(new ReportCheck(Commit(1), new("ci", CheckState.Success))).Events.Should().BeEmpty();
    }

    [Fact]
    public void Concludes_nothing_from_a_listing_without_the_default_branch()
    {
        var pipeline = Pipeline();
        pipeline.Sees(1, Proposal("pr-7", 7));
        for (var i = 0; i < 5; i++) pipeline.Sees(null).Said<DestroyApp>().Should().BeEmpty();
        pipeline.State.Branches.Should().ContainKey("main");
        pipeline.Sees(1, Proposal("pr-7", 7)).Said<HeadObserved>().Should().BeEmpty("the head has not moved");
    }

    [Fact]
    public void Looks_once_more_when_a_hint_comes_while_it_looks()
    {
        var pipeline = Pipeline();
        pipeline.Tell(new LookNow());
        pipeline.Tell(new LookNow()).Events.Should().BeEmpty("once is enough");
        pipeline.Sees(1);
        pipeline.State.LookDue.Should().BeTrue();
        pipeline.Sees(1);
        pipeline.State.LookDue.Should().BeFalse();
    }

    [Fact]
    public void Says_what_is_wrong_when_it_appears_and_when_it_is_mended()
    {
        var pipeline = Pipeline();
        pipeline.Sees(null).Events.OfType<ProblemSeen>().Should().ContainSingle().Which.Text.Should().Contain("main");
        pipeline.Sees(null).Events.OfType<ProblemSeen>().Should().BeEmpty();
        pipeline.Sees(1).Events.OfType<ProblemSeen>().Should().ContainSingle().Which.Text.Should().BeNull();
        pipeline.Sees(1).Events.OfType<ProblemSeen>().Should().BeEmpty();
        pipeline.State.Problems.Should().BeEmpty();
    }

    [Fact]
    public void Keeps_its_brake_pulled_until_somebody_confirms_or_all_are_back()
    {
        var pipeline = Pipeline();
        Proposal[] all = [Proposal("pr-1", 11), Proposal("pr-2", 12), Proposal("pr-3", 13)];
        pipeline.Sees(1, all);
        pipeline.Sees(1);
        pipeline.Sees(1).Events.Should().ContainSingle(e => e is BrakePulled);
        pipeline.Sees(1, all[..2]).Said<DestroyApp>().Should().BeEmpty("some that come back make the others no more credible");
        pipeline.State.Brake.Should().NotBeNull();
        pipeline.Tell(new ConfirmClosings("ada"));
        pipeline.Sees(null).Said<DestroyApp>().Should().BeEmpty();
        pipeline.Sees(1, all[..2]).Said<DestroyApp>().Should().ContainSingle();
        pipeline.State.Brake.Should().BeNull();
    }

    [Fact]
    public void Tears_down_what_was_confirmed_and_nothing_that_vanished_since()
    {
        var pipeline = Pipeline();
        Proposal[] all = [.. Enumerable.Range(1, 5).Select(n => Proposal($"pr-{n}", 10 + n))];
        pipeline.Sees(1, all);
        pipeline.Sees(1, all[3..]);
        pipeline.Sees(1, all[3..]);
        pipeline.State.BrakeHolds.Should().Equal("pr-1", "pr-2", "pr-3");
        pipeline.Sees(1, [all[0], .. all[3..]]).Said<DestroyApp>().Should().BeEmpty();
        pipeline.State.BrakeHolds.Should().Equal(["pr-2", "pr-3"], "it is what is missing now");
        pipeline.Sees(1, [all[0], all[4]]);
        pipeline.Tell(new ConfirmClosings("ada"));
        pipeline.State.Brake.Should().BeNull("nothing waits for anybody");
        pipeline.Sees(1, all[0]).Said<DestroyApp>().Should().HaveCount(2);
        pipeline.State.Should().Match<PipelineState>(p => p.Brake!.Contains("pr-4") && p.ConfirmedClosings.Count == 0, "pr-4 was not confirmed");
        pipeline.State.BrakeHolds.Should().Equal("pr-4");
        pipeline.Sees(1, all[0], all[3], all[4]);
        pipeline.State.Should().Match<PipelineState>(p => p.Brake == null && p.BrakeHolds.Count == 0);
    }

    [Fact]
    public void Lifts_its_brake_when_all_are_back()
    {
        var pipeline = Pipeline();
        Proposal[] all = [Proposal("pr-1", 11), Proposal("pr-2", 12)];
        pipeline.Sees(1, all);
        pipeline.Sees(1);
        pipeline.Sees(1);
        pipeline.Sees(1, all);
        pipeline.State.Brake.Should().BeNull();
        pipeline.State.Proposals.Values.Should().OnlyContain(p => p.Missing == 0);
    }

    [Fact]
    public void Gives_untrusted_code_an_app_only_for_the_approved_commit()
    {
        var pipeline = Pipeline(isolates: true);
        pipeline.Sees(1, Proposal("pr-7", 7, Trust.Untrusted)).Said<DefineApp>(AppDecider.StreamOf(Review)).Should().BeEmpty();
        pipeline.Tell(new ApproveCommit(Commit(99), "ada")).Answer!.Code.Should().Be("proposal-unknown");
        pipeline.Tell(new ApproveCommit(Commit(7), "ada")).Answer!.Accepted.Should().BeTrue();
        pipeline.Sees(1, Proposal("pr-7", 7, Trust.Untrusted)).Said<HeadObserved>(AppDecider.StreamOf(Review)).Should().ContainSingle();
        pipeline.Sees(1, Proposal("pr-7", 8, Trust.Untrusted)).Said<HeadObserved>().Should().BeEmpty("that is another commit");
        pipeline.Tell(new DeployHead(Review, null, "ada")).Answer!.Code.Should().Be("not-approved");
        pipeline.Tell(new DeployHead(Staging, Commit(8), "ada")).Answer!.Code.Should().Be("not-approved", "naming it by hand does not vouch for a stranger's commit");
    }

    [Fact]
    public void Gives_no_proposal_the_name_of_a_permanent_app()
    {
        var pipeline = Pipeline();
        var seen = pipeline.Sees(1, Proposal("staging", 7));
        seen.Said<DefineApp>(AppDecider.StreamOf(Staging)).Should().BeEmpty();
        seen.Events.OfType<ProblemSeen>().Should().ContainSingle().Which.Text.Should().Contain("permanent app");
        pipeline.Sees(1);
        pipeline.Sees(1).Said<DestroyApp>().Should().BeEmpty();
    }

    [Fact]
    public void Gives_two_proposals_with_one_key_one_app_and_no_rest_without_end()
    {
        var pipeline = Pipeline();
        pipeline.Sees(1, Proposal("pr-7", 7), Proposal("pr-7", 8)).Said<HeadObserved>(AppDecider.StreamOf(Review)).Should().ContainSingle();
        pipeline.Sees(1, Proposal("pr-7", 7), Proposal("pr-7", 8)).Said<HeadObserved>(AppDecider.StreamOf(Review)).Should().BeEmpty();
    }

    [Fact]
    public void Tells_an_app_the_head_of_another_branch_as_news()
    {
        var other = AppName.Parse("shop-development");
        var definition = Definition with { Apps = [.. Definition.Apps, new() { Name = other, Stage = Stage.Development, Branch = "dev" }] };
        var pipeline = Pipeline(definition);
        pipeline.Tell(new Looked(pipeline.State.Look, new() { Branches = new Dictionary<string, CommitSha> { ["main"] = Commit(1), ["dev"] = Commit(2) }, Proposals = [] }));
        var newest = pipeline.State.Order;
        definition = definition with { Apps = [definition.Apps[0] with { Branch = "dev" }, definition.Apps[1]] };
        pipeline.Tell(Declare(definition, "2")).Said<HeadObserved>(AppDecider.StreamOf(Staging)).Should().ContainSingle()
            .Which.Should().Match<HeadObserved>(h => h.Order > newest && h.Revision.Sha == Commit(2));
    }

    [Fact]
    public void Closes_what_is_closed_also_without_review_apps()
    {
        var pipeline = Pipeline();
        pipeline.Sees(1, Proposal("pr-7", 7));
        pipeline.Tell(Declare(Definition with { ReviewApps = null }, "2"));
        pipeline.Sees(1, Proposal("pr-7", 7) with { Closed = true }).Said<DestroyApp>(AppDecider.StreamOf(Review)).Should().ContainSingle();
        pipeline.State.Proposals.Should().BeEmpty();
    }

    [Fact]
    public void Makes_a_review_app_by_hand_when_none_comes_by_itself()
    {
        var pipeline = Pipeline(Definition with { ReviewApps = new() { Create = ReviewAppCreation.ByHand } });
        pipeline.Sees(1, Proposal("pr-7", 7)).Said<DefineApp>(AppDecider.StreamOf(Review)).Should().BeEmpty();
        var asked = pipeline.Tell(new DeployHead(Review, null, "ada"));
        asked.Said<DefineApp>(AppDecider.StreamOf(Review)).Should().ContainSingle();
        asked.Said<HeadObserved>(AppDecider.StreamOf(Review)).Should().ContainSingle().Which.Revision.Sha.Should().Be(Commit(7));
        pipeline.Sees(1, Proposal("pr-7", 8)).Said<HeadObserved>(AppDecider.StreamOf(Review)).Should().ContainSingle("from now on it follows");
    }

    [Fact]
    public void Rests_longer_the_longer_an_outage_lasts()
    {
        var pipeline = Pipeline();
        var rests = new List<TimeSpan>();
        for (var i = 0; i < 12; i++)
        {
            var alarm = pipeline.Tell(new LookFailed(pipeline.State.Look, new("down", "it is down", Transient: true))).Messages.Single();
            rests.Add(alarm.After);
            pipeline.Tell((PipelineInput)alarm.Input);
        }
        rests.Should().BeInAscendingOrder();
        rests[^1].Should().BeLessThanOrEqualTo(TimeSpan.FromMinutes(2));
        pipeline.State.Trouble!.Times.Should().Be(12);
        pipeline.Sees(1);
        pipeline.State.Trouble.Should().BeNull();
    }

    [Fact]
    public void Never_forgets_the_checks_of_a_head()
    {
        var pipeline = Pipeline();
        pipeline.Sees(1);
        pipeline.Tell(new ReportCheck(Commit(1), new("ci", CheckState.Failure)));
        for (var i = 2; i <= 250; i++) pipeline.Tell(new ReportCheck(Commit(i), new("ci", CheckState.Success)));
        pipeline.State.ChecksOf(Commit(1)).Should().ContainSingle("a failed check that is forgotten would pass its gate");
    }

    [Fact]
    public void Keeps_a_bounded_memory_of_checks_and_approvals()
    {
        var pipeline = Pipeline(isolates: true);
        for (var i = 1; i <= 250; i++)
        {
            pipeline.Tell(new ReportCheck(Commit(i), new("ci", CheckState.Success)));
            pipeline.Tell(new ReportCheck(Commit(1), new($"ci-{i}", CheckState.Success)));
        }
        pipeline.State.ChecksOf(Commit(1)).Should().NotBeEmpty("it is the newest to be reported");
        pipeline.State.Checks.Count.Should().BeLessThanOrEqualTo(101);
        pipeline.State.Checks.Max(c => c.Checks.Count).Should().BeLessThanOrEqualTo(200);
    }
}
