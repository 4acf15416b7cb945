using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Releases;
using Flow.Runs;
using Flow.Sources;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Apps;

public sealed class An_app_on_paper
{
    [Fact]
    public void Hears_nothing_new_in_what_it_has_heard()
    {
        var app = Released(3);
        app.Tell(new RequestPromotion("p", null, [AppName.Parse("shop-production")], "ada"));
        app.Tell(Head(4), Asks(4));
        app.Tell(new ReceivePromotion(new("q", AppName.Parse("shop-development"), 1), Shop, Stage.Development, Artifact(9), null, "ada"));
        var before = app.State;

        AppInput[] repeated =
        [
            new DefineApp(Policy), Head(4), Head(1), Succeeded(3), Failed(3), Asks(2), Asks(4), new ResumeDeployments("ada"),
            new RequestPromotion("p", null, [AppName.Parse("shop-production")], "ada"),
            new ReceivePromotion(new("q", AppName.Parse("shop-development"), 1), Shop, Stage.Development, Artifact(9), null, "ada"),
            new PromotionTargetEnded("unknown", new(AppName.Parse("shop-production"), PromotionState.Succeeded)),
            new ChecksChanged(Commit(77)), new DestroyApp("closed long ago", "Flow", null, SeenUntil: 3),
        ];
        foreach (var input in repeated) app.Tell(input).Events.Should().BeEmpty($"{input} was heard before");
        app.State.Should().BeSameAs(before);
    }

    [Fact]
    public void Keeps_what_can_still_be_rolled_back_to_and_forgets_the_rest()
    {
        var app = Released(2);
        for (var run = 3; run < 60; run++)
        {
            app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new($"{run}", null) }, "ada"), Asks(run));
            app.Tell(run % 2 == 0 ? Failed(run) : Succeeded(run));
        }
        app.State.Releases.Count(r => r.State == ReleaseState.Succeeded).Should().Be(3);
        app.State.Releases.Should().HaveCountLessThan(30);
        app.State.Configs.Should().HaveCountLessThan(6).And.Contain(c => c.Version == app.State.Config);
        app.State.Releases.Where(r => r.Eligible && r.Config > 0).Should().OnlyContain(r => app.State.Configs.Any(c => c.Version == r.Config));
        app.Tell(new RequestRollback(1, "ada")).Answer!.Reason.Should().Contain("v1");
    }

    [Fact]
    public void Never_expires_the_release_that_serves()
    {
        var app = Released(4);
        app.Tell(new RequestRollback(2, "ada"), Asks(5), Succeeded(5));
        app.State.CurrentRelease!.Should().Match<Release>(r => r.Number == 5 && r.State == ReleaseState.Succeeded && r.Revision!.Sha == Commit(2));
        app.State.Releases.Where(r => r.State == ReleaseState.Succeeded).Should().HaveCount(3).And.Contain(r => r.Number == 5);
    }

    [Fact]
    public void Takes_up_the_newer_wish_when_config_and_rollback_meet()
    {
        var app = Released(2);
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("1", null) }, "ada"));   // run 3 waits
        var rollback = app.Tell(new RequestRollback(1, "ada"));                                                  // run 4
        rollback.Said<CancelRun>().Should().ContainSingle("going back to older config is the newer wish");
        app.Tell(Failed(3, RunStatus.Cancelled), Asks(4));
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["B"] = new("2", null) }, "ada"));   // run 5, during the rollback
        app.Tell(Succeeded(4), Asks(5), Succeeded(5));
        app.State.ConfigOf(app.State.Config).Should().ContainKey("B", "it was asked for after the rollback");
        app.State.CurrentRelease!.Config.Should().Be(app.State.Config);
        app.State.CurrentRelease.Artifact.Digest.Should().Be(Artifact(1).Digest);
    }

    [Fact]
    public void Releases_the_newest_config_whichever_change_is_ready_first()
    {
        var app = Released(1);
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("1", null) }, "ada"));
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["B"] = new("2", null) }, "ada"));
        app.Tell(Asks(3), Asks(2), Succeeded(3), Succeeded(2));
        app.State.ConfigOf(app.State.CurrentRelease!.Config).Should().ContainKeys("A", "B");
    }

    [Fact]
    public void That_is_scaled_or_configured_during_its_first_release_gets_it_after_it()
    {
        var app = App();
        app.Tell(new ScaleProcesses(new Dictionary<string, int> { ["web"] = 2 }, "ada")).Answer!.Run.Should().BeNull("nothing is being released");
        app.Tell(Head(1), Asks(1));
        app.Tell(new ScaleProcesses(new Dictionary<string, int> { ["web"] = 3 }, "ada")).Answer!.Run.Should().Be(Run(2));
        app.Tell(Asks(2));
        app.Tell(Failed(1)).Said<CancelRun>().Should().ContainSingle().Which.Reason.Should().Contain("no release");
    }

    [Fact]
    public void Starts_anew_what_half_a_scaling_has_left()
    {
        var app = Released(1);
        app.Tell(new ScaleProcesses(new Dictionary<string, int> { ["web"] = 3 }, "ada"), Asks(2));
        app.Tell(Failed(2)).Said<BeginRun>().Should().ContainSingle().Which.Plan.Kind.Should().Be(RunKind.Restart);
        app.State.Current.Should().Be(1);
    }

    [Fact]
    public void Looks_again_when_it_could_not_see_and_starts_anew_what_is_gone_or_elsewhere()
    {
        var app = Released(1);
        app.Tell(new InspectApp());
        app.Owes.Should().NotBeNull();
        app.Tell(new AppInspected(1, true, [], null, Blind: true)).Messages.Should().ContainSingle(m => m.Input is InspectApp && m.After > TimeSpan.Zero);
        app.Owes.Should().BeNull();
        app.Tell(new InspectApp());
        app.Tell(new AppInspected(1, true, app.State.CurrentRelease!.Endpoints, null)).Messages.Should().BeEmpty();
        app.Tell(new InspectApp());
        app.Tell(new AppInspected(1, true, [new("http://elsewhere/")], null)).Said<BeginRun>().Should().ContainSingle();
    }

    [Fact]
    public void Is_looked_at_after_its_slot_is_free_when_the_machine_went_down_in_the_middle()
    {
        var app = App();
        app.Tell(Head(1), Asks(1), new InspectApp());
        app.Owes.Should().BeNull("a run changes it");
        app.Tell(Succeeded(1));
        app.Owes.Should().BeOfType<LookAtDeployment>();
    }

    [Fact]
    public void That_is_permanent_gets_nothing_that_nobody_vouches_for()
    {
        var app = App();
        app.Tell(new HeadObserved(1, Revision(1, Trust.Untrusted))).Answer!.Code.Should().Be("untrusted");
        app.State.Candidates.Should().BeEmpty();
        app.State.Refusals.Should().ContainSingle();
    }

    [Fact]
    public void Keeps_a_bounded_memory_of_promotions_and_refusals()
    {
        var app = Released(1);
        for (var i = 0; i < 60; i++)
        {
            app.Tell(new RequestPromotion($"p{i}", null, [AppName.Parse("shop-production")], "ada"));
            app.Tell(new RequestRollback(99, "ada"));
        }
        app.State.Promotions.Count.Should().BeLessThan(40);
        app.State.Refusals.Count.Should().BeLessThan(40);
    }
}
