using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Runs;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

/// <summary>Of a review app, composed of what its pipeline, its app and its run have committed.</summary>
public sealed class A_view
{
    private static readonly AppName Seven = OnPaperReviews.AppOf("pr-7");

    private static ReviewApp Of(OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, AppState? app, RunState? run = null) =>
        new ReviewAppViews(pipeline.State, app => new($"http://{app}/")).Of("pr-7", app, run);

    private static (OnPaper<PipelineState, PipelineInput, PipelineEvent> Pipeline, OnPaper<AppState, AppInput, AppEvent> App) Shown(bool isolates = false)
    {
        var (pipeline, app) = (OnPaperReviews.With(new() { StaleAfter = TimeSpan.FromDays(5) }, isolates), OnPaperReviews.App("pr-7"));
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 7)), "pr-7");
        app.Tell(new RequestSlot(new(Seven, 1), Artifact(7)), new RunEnded(new(Seven, 1), RunStatus.Succeeded, null, []));
        return (pipeline, app);
    }

    [Fact]
    public void Says_that_a_newer_release_failed_while_the_older_serves()
    {
        var (pipeline, app) = Shown();
        Of(pipeline, app.State).Should().Match<ReviewApp>(r => r.Status == ReviewAppStatus.Created && r.Reason == null && r.StaleAt == DateTimeOffset.UnixEpoch.AddDays(5));
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 8)), "pr-7");
        app.Tell(new RequestSlot(new(Seven, 2), Artifact(8)), new RunEnded(new(Seven, 2), RunStatus.Failed, "it broke", []));
        Of(pipeline, app.State).Should().Match<ReviewApp>(r => r.Status == ReviewAppStatus.Created && r.Reason!.Contains("v2 failed (it broke)") && r.Reason.Contains("v1 serves"));
    }

    [Fact]
    public void Says_that_a_newer_head_waits_for_its_approval_and_the_warning_of_disuse()
    {
        var (pipeline, app) = Shown(isolates: true);
        pipeline.Sees(1, Proposal("pr-7", 8, Flow.Sources.Trust.Untrusted));
        Of(pipeline, app.State).Should().Match<ReviewApp>(r => r.Status == ReviewAppStatus.Created && r.Reason!.Contains("must approve exactly this commit"));
        pipeline.Now = DateTimeOffset.UnixEpoch.AddDays(4.5);
        pipeline.Tell(new JudgeReviewApps([]));
        Of(pipeline, app.State).Should().Match<ReviewApp>(r => r.Reason!.Contains("Nobody has used it") && r.StaleAt == DateTimeOffset.UnixEpoch.AddDays(5.5));
    }

    [Fact]
    public void Names_the_owner_of_a_name_that_is_taken()
    {
        var (pipeline, app) = Shown();
        Of(pipeline, app.State with { Policy = app.State.Policy! with { Pipeline = PipelineName.Parse("other") } })
            .Should().Match<ReviewApp>(r => r.Status == ReviewAppStatus.Errored && r.Reason!.Contains("belongs to pipeline other"));
    }

    [Fact]
    public void Takes_the_end_of_an_old_life_for_no_trouble_of_the_new_one()
    {
        var (pipeline, app) = Shown();
        var born = new AppState { Life = AppLife.Active, Policy = app.State.Policy, Generation = 2, Runs = 5 };
        new ReviewAppViews(pipeline.State, _ => null!).RunOf("pr-7", born).Should().Be(new RunId(Seven, 5));
        Of(pipeline, born, new() { Status = RunStatus.Succeeded }).Status.Should().Be(ReviewAppStatus.Creating);
        Of(pipeline, born, new() { Status = RunStatus.Failed, Reason = "no" }).Status.Should().Be(ReviewAppStatus.Errored);
    }

    [Fact]
    public void Names_the_run_that_a_teardown_waits_for()
    {
        var (pipeline, app) = Shown();
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 8)), "pr-7");
        app.Hear(pipeline.Dismiss("pr-7"), "pr-7");
        Of(pipeline, app.State).Should().Match<ReviewApp>(r => r.Status == ReviewAppStatus.Deleting && r.Reason!.Contains("Run shop-pr-7.2 must end first") && r.Url == new Uri("http://shop-pr-7/"));
    }

    [Fact]
    public void Shows_nothing_that_acts_on_a_terminal()
    {
        var (pipeline, app) = Shown();
        app.Hear(pipeline.Sees(1, Proposal("pr-7", 8)), "pr-7");
        app.Tell(new RequestSlot(new(Seven, 2), Artifact(8)), new RunEnded(new(Seven, 2), RunStatus.Failed, "red\u001b[31m\u202e", []));
        Of(pipeline, app.State).Reason.Should().Contain("red[31m)").And.NotContain("\u001b").And.NotContain("\u202e");
    }
}
