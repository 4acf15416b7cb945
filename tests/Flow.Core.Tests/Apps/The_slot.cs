using CsCheck;
using Flow.Apps;
using Flow.Engine;
using Flow.Releases;
using Flow.Runs;
using static Flow.Core.Tests.Engine.Paper;
using Flow.Core.Tests.Engine;

namespace Flow.Core.Tests.Apps;

public sealed class The_slot
{
    [Fact]
    public void Goes_to_a_rollback_then_a_promotion_then_what_people_asked_for_then_the_newest_head()
    {
        var app = Released(2);
        app.Tell(Head(3), Asks(3));                                                         // holds the slot
        app.Tell(Head(4), Head(5));                                                         // runs 4 and 5
        app.Tell(new RestartProcesses("ada"));                                              // run 6
        app.Tell(new ReceivePromotion(new("p", AppName.Parse("shop-development"), 1), Shop, Stage.Development, Artifact(9), Revision(9), "ada")); // run 7
        app.Tell(Asks(4), Asks(5), Asks(6), Asks(7));
        app.Tell(new RequestRollback(1, "ada"));                                            // run 8, cancels run 3
        app.Tell(Asks(8));

        app.State.Slot.Should().Be(Run(3), "it has not stopped yet");
        app.Tell(Failed(3, RunStatus.Cancelled));
        app.State.Slot.Should().Be(Run(8));
        app.Tell(Succeeded(8));
        app.State.Slot.Should().Be(Run(7));
        app.Tell(Succeeded(7));
        app.State.Slot.Should().Be(Run(6));
        app.Tell(Succeeded(6));
        app.State.Slot.Should().BeNull("heads are on hold after a rollback");
        app.Tell(new ResumeDeployments("ada"));
        app.State.Slot.Should().Be(Run(5));
        app.State.Candidates.Single(c => c.Run == Run(4)).Leaving.Should().BeTrue();
    }

    [Fact]
    public void Is_asked_for_by_promotions_of_two_apps_that_chose_one_id()
    {
        var app = App();
        ReceivePromotion From(string from) => new(new("nightly", AppName.Parse(from), 1), Shop, Stage.Development, Artifact(9), Revision(9), "ada");
        app.Tell(From("shop-blue"));
        app.Tell(From("shop-green")).Events.OfType<RunPlanned>().Should().ContainSingle("it is another promotion");
        app.Tell(From("shop-blue")).Events.Should().BeEmpty("it is known");
    }

    [Fact]
    public void Goes_to_the_newest_head_whatever_the_order_in_which_heads_are_seen_and_ready()
    {
        Gen.Shuffle(Enumerable.Range(1, 5).ToArray()).Select(Gen.Shuffle(Enumerable.Range(1, 5).ToArray())).Sample((seen, ready) =>
        {
            var app = App();
            foreach (var head in seen) app.Tell(Head(head));
            var runs = app.State.Candidates.ToDictionary(c => c.Run.Number, c => c.Order);
            var released = new List<long>();
            foreach (var number in ready.Where(runs.ContainsKey))
            {
                app.Tell(Asks(number));
                while (app.State.Slot is { } slot)
                {
                    released.Add(runs[slot.Number]);
                    app.Tell(Succeeded(slot.Number));
                    foreach (var leaving in app.State.Candidates.Where(c => c.Leaving).ToList()) app.Tell(Failed(leaving.Run.Number, RunStatus.Cancelled));
                }
            }
            return released.SequenceEqual(released.Order()) && released[^1] == 5 && app.State.Candidates.Count == 0 && app.State.NewestSeen == 5;
        });
    }

    [Fact]
    public void Is_on_record_once_however_often_it_is_asked_for()
    {
        var app = App();
        app.Tell(Head(1), Asks(1), Head(2));
        app.Tell(Asks(2)).Events.Should().ContainSingle().Which.Should().BeOfType<SlotAsked>();
        var again = app.Tell(Asks(2));
        again.Events.Should().BeEmpty();
        again.Said<SlotDelayed>().Should().ContainSingle().Which.Reason.Should().Contain("shop-staging.1");
    }

    [Fact]
    public void Says_that_it_is_on_hold_to_whoever_waits()
    {
        var app = App();
        app.Tell(new HoldDeployments("the fair", "ada"));
        app.Tell(Head(1));
        app.Tell(Asks(1)).Said<SlotDelayed>().Should().ContainSingle().Which.Reason.Should().Contain("the fair");
        app.State.Slot.Should().BeNull();
        app.Tell(new HeadObserved(2, Revision(2), "ada"));
        app.Tell(Asks(2));
        app.State.Slot.Should().Be(Run(2), "somebody asked for it in person");
    }

    [Fact]
    public void Is_kept_for_a_rollback_that_has_not_asked_yet()
    {
        var app = Released(2);
        app.Tell(Head(3), new RequestRollback(1, "ada"), new ResumeDeployments("ada"));                       // runs 3 and 4

        app.Tell(Asks(3)).Said<SlotDelayed>().Should().ContainSingle().Which.Reason.Should().Contain("a rollback goes first");
        app.State.Slot.Should().BeNull();
        app.Tell(Asks(4));
        app.State.Slot.Should().Be(Run(4));
        app.Tell(Succeeded(4));
        app.State.Slot.Should().Be(Run(3), "somebody has resumed: the newest head comes after the rollback");
    }

    [Fact]
    public void Is_not_kept_for_ever_for_a_rollback_that_never_asks()
    {
        var app = Released(2);
        app.Tell(new RequestRollback(1, "ada"), new RestartProcesses("ada"));                                 // runs 3 and 4
        for (var asked = 1; app.State.Slot is null; asked++)
        {
            asked.Should().BeLessThan(30);
            app.Tell(Asks(4));
        }
        app.State.Slot.Should().Be(Run(4));
        app.Tell(new RestartProcesses("ada"), Asks(5), Asks(3), Succeeded(4));
        app.State.Slot.Should().Be(Run(3), "it goes first once it asks, however late");
    }

    [Fact]
    public void Is_waited_for_by_the_newest_head_only_while_it_is_on_hold()
    {
        var app = App();
        app.Tell(new HoldDeployments("the fair", "ada"));
        for (var head = 1; head <= 100; head++)
        {
            app.Tell(Head(head), Asks(head));
            foreach (var leaving in app.State.Candidates.Where(c => c.Leaving).ToList()) app.Tell(Failed(leaving.Run.Number, RunStatus.Cancelled));
        }
        app.State.Candidates.Should().ContainSingle().Which.Order.Should().Be(100);
        app.Tell(new ResumeDeployments("ada"));
        app.State.Slot.Should().Be(Run(100));
    }

    [Fact]
    public void Of_config_restart_and_scale_is_given_with_the_release_that_serves_then()
    {
        var app = Released(1);
        app.Tell(Head(2), Asks(2));
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("1", null) }, "ada"));   // run 3, while v1 serves
        app.Tell(new ScaleProcesses(new Dictionary<string, int> { ["worker"] = 1 }, "ada"));                  // run 4
        app.Tell(new RequestSlot(Run(3), Artifact(1)), new RequestSlot(Run(4), Artifact(1)));
        var grant = app.Tell(Succeeded(2)).Said<SlotGranted>().Single().Grant;

        grant.Artifact.Should().BeEquivalentTo(Artifact(2), "old code must not come back after new");
        app.State.FindRelease(3)!.Should().Match<Release>(r => r.Kind == RunKind.Config && r.Revision!.Sha == Commit(2));
        grant = app.Tell(Succeeded(3)).Said<SlotGranted>().Single().Grant;
        grant.Artifact.Should().BeEquivalentTo(Artifact(2));
        grant.Deployment.Should().Be(app.State.CurrentRelease!.Deployment);
        grant.Quantities.Should().Contain("worker", 1);
    }

    [Fact]
    public void Orders_what_is_said_to_the_router()
    {
        var app = App();
        app.Tell(Head(1));
        var first = app.Tell(Asks(1)).Said<SlotGranted>().Single().Grant;
        app.Tell(Succeeded(1), Head(2));
        var second = app.Tell(Asks(2)).Said<SlotGranted>().Single().Grant;
        new[] { first.Forth, first.Back, second.Forth, second.Back }.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
    }
}
