using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Runs;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Apps;

public sealed class A_life
{
    private static readonly AppPolicy Review = Policy with { Stage = Stage.Review, Proposal = "pr-7" };
    private static readonly AppOwner Owner = new(Shop, "pr-7");

    [Fact]
    public void Ends_after_everything_at_work_has_stopped()
    {
        var app = Released(1);
        app.Tell(Head(2), Asks(2));
        app.Tell(new DestroyApp("asked for", "ada")).Said<CancelRun>().Should().ContainSingle();   // run 3 destroys
        app.Tell(Asks(3));
        app.State.Slot.Should().Be(Run(2));
        app.Tell(Failed(2, RunStatus.Cancelled)).Said<SlotGranted>().Single().Grant.Ledger.Should().ContainSingle(r => r.Kind == ResourceKind.Deployment && r.Id == "shop-staging.1.1");
        app.Tell(Head(3)).Answer!.Code.Should().Be("app-not-active");
        app.Tell(Succeeded(3));
        app.State.Should().Match<AppState>(a => a.Life == AppLife.Destroyed && a.Ledger.Count == 0 && a.Candidates.Count == 0);
    }

    [Fact]
    public void Goes_on_ending_when_a_teardown_fails_after_all()
    {
        var app = Released(1);
        app.Tell(new DestroyApp("asked for", "ada"), Asks(2));
        app.Tell(Failed(2)).Said<BeginRun>().Should().ContainSingle().Which.Plan.Kind.Should().Be(RunKind.Destroy);
        app.Tell(Asks(3), Succeeded(3));
        app.State.Life.Should().Be(AppLife.Destroyed);
    }

    [Fact]
    public void Begins_again_with_the_newest_head_when_it_is_wanted_again_in_mid_teardown()
    {
        var app = App(Review);
        app.Tell(Head(1), Asks(1), Succeeded(1), new DestroyApp("closed", "Flow", Owner, 1), Asks(2));
        app.Tell(new DefineApp(Review, 2), new HeadObserved(2, Revision(2), Owner: Owner), new HeadObserved(3, Revision(3), Owner: Owner), new HeadObserved(2, Revision(2), Owner: Owner));
        var reborn = app.Tell(Succeeded(2));

        app.State.Should().Match<AppState>(a => a.Life == AppLife.Active && a.Generation == 2 && a.Releases.Count == 0 && a.Runs == 3);
        reborn.Said<BeginRun>().Should().ContainSingle().Which.Plan.Revision!.Sha.Should().Be(Commit(3));
        app.Tell(Asks(3)).Said<SlotGranted>().Single().Grant.Deployment!.Value.Generation.Should().Be(2);
    }

    [Fact]
    public void Is_not_begun_again_by_what_was_said_before_the_end()
    {
        var app = App(Review);
        app.Tell(Head(1), Asks(1), Succeeded(1), new DestroyApp("closed", "Flow", Owner, 5), Asks(2));
        app.Tell(new DefineApp(Review, 4)).Events.Should().BeEmpty();
        app.Tell(Succeeded(2));
        app.Tell(new DefineApp(Review, 5)).Events.Should().BeEmpty();
        app.Tell(new DefineApp(Review, 6)).Events.Should().NotBeEmpty();
    }

    [Fact]
    public void Is_not_ended_by_what_was_meant_for_an_earlier_one()
    {
        var app = App(Review);
        app.Tell(new HeadObserved(7, Revision(7), Owner: Owner));
        app.Tell(new DestroyApp("closed", "Flow", Owner, SeenUntil: 6)).Events.Should().BeEmpty();
        app.Tell(new DestroyApp("closed", "Flow", Owner, SeenUntil: 7)).Events.Should().NotBeEmpty();
    }

    [Fact]
    public void Changes_its_mind_when_it_is_unwanted_again()
    {
        var app = App(Review);
        app.Tell(Head(1), Asks(1), Succeeded(1), new DestroyApp("closed", "Flow", Owner, 1), Asks(2), new DefineApp(Review, 2), new HeadObserved(2, Revision(2), Owner: Owner));
        app.Tell(new DestroyApp("closed again", "Flow", Owner, 2), Succeeded(2));
        app.State.Life.Should().Be(AppLife.Destroyed);
        app.Tell(new DefineApp(Review, 2)).Events.Should().BeEmpty("it was said before");
    }

    [Fact]
    public void Of_a_permanent_app_that_is_declared_again_gets_the_head_it_had()
    {
        var app = Released(3);
        app.Tell(new DestroyApp("asked for", "ada"), Asks(4), Succeeded(4), new DefineApp(Policy));
        app.Tell(Head(3)).Said<BeginRun>().Should().ContainSingle();
    }

    [Fact]
    public void Belongs_to_one_pipeline_and_one_proposal()
    {
        var app = Released(1);
        var other = PipelineName.Parse("other");
        app.Tell(new DefineApp(Policy with { Pipeline = other })).Answer!.Code.Should().Be("app-taken");
        app.Tell(new DefineApp(Review)).Answer!.Code.Should().Be("app-taken");
        app.Tell(new HeadObserved(9, Revision(9), Owner: new(other, null))).Answer!.Code.Should().Be("app-taken");
        app.Tell(new DestroyApp("closed", "Flow", Owner)).Answer!.Code.Should().Be("app-taken");
        app.State.Should().Match<AppState>(a => a.Life == AppLife.Active && a.Policy!.Stage == Stage.Staging && a.NewestSeen == 1);
    }
}
