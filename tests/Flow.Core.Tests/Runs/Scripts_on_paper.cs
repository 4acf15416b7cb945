using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Manifests;
using Flow.Runs;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Runs;

public sealed class Scripts_on_paper
{
    private static readonly AppPolicy Review = Policy with { Stage = Stage.Review, Proposal = "pr-7" };
    private static readonly Failure Final = new("command-failed", "exit code 1");
    private static readonly ManifestScripts All = new() { PostDeploy = "./seed", EveryDeploy = "./notify", PrPredestroy = "./farewell" };

    private static SlotGranted Granted(ManifestScripts? scripts = null, bool setUp = false, bool addOn = false) => new(new()
    {
        Deployment = new(Staging, 1, 1),
        Generation = 1,
        Turn = 1,
        Artifact = Artifact(1),
        Manifest = scripts is null ? null : new() { Scripts = scripts },
        SetUp = setUp,
        Ledger = addOn ? [new(ResourceKind.AddOn, "shop-staging.1.data", "db", "data")] : [],
    });

    private static OnPaper<RunState, RunInput, RunEvent> Serving(AppPolicy policy, SlotGranted granted)
    {
        var run = RunOf(Plans.Deploy(policy, Revision(1), null));
        run.Tell(new StepDone("fetch", "tree", new(Source: new("tree", "a change", "ada", "key"))), new ArtifactReady("key", Artifact(1)), granted);
        if (Due(run) == "provision") run.Tell(new StepDone("provision", ""));
        run.Tell(new StepDone("deploy", "", new(Endpoints: [new("http://new/")])), new StepDone("switch", ""), new StepDone("retire", ""));
        return run;
    }

    private static string? Due(OnPaper<RunState, RunInput, RunEvent> run) => (run.Owes as ExecuteStep)?.Step.Name;

    [Fact]
    public void Run_after_the_switch_the_one_of_the_set_up_first()
    {
        var run = Serving(Review, Granted(All));
        Due(run).Should().Be("postdeploy");
        run.Tell(new StepDone("postdeploy", "exit code 0"));
        Due(run).Should().Be("deploy-hook");
        run.Tell(new StepDone("deploy-hook", "exit code 0")).Said<RunEnded>().Single().Should().Match<RunEnded>(e => e.SetUp && e.GivenUp == null && e.Outcome == RunStatus.Succeeded);
    }

    [Fact]
    public void That_are_not_there_or_not_due_cost_nothing()
    {
        var decision = Serving(Review, Granted()).State;
        decision.Status.Should().Be(RunStatus.Succeeded);
        decision.Done.Select(d => d.Step).Should().Equal("fetch", "build", "provision", "release", "deploy", "switch", "retire", "postdeploy", "deploy-hook");
        Due(Serving(Review, Granted(All, setUp: true))).Should().Be("deploy-hook", "the set-up has been");
        Due(Serving(Policy, Granted(All))).Should().Be("deploy-hook", "a permanent app is set up by people");
        Due(Serving(Review, Granted(addOn: true))).Should().BeNull();
        Serving(Review, Granted(addOn: true)).State.Find("provision")!.Output.Should().BeEmpty("it was done, not passed");
    }

    [Fact]
    public void That_fail_take_nothing_back()
    {
        var run = Serving(Review, Granted(All));
        run.Tell(new StepFailed("postdeploy", Final));
        Due(run).Should().Be("deploy-hook");
        var ended = run.Tell(new StepFailed("deploy-hook", Final)).Said<RunEnded>().Single();
        ended.Should().Match<RunEnded>(e => e.Outcome == RunStatus.Succeeded && !e.SetUp);
        ended.GivenUp!.Select(s => (s.Step, s.Output, s.Failed)).Should().Equal(("postdeploy", "exit code 1", true), ("deploy-hook", "exit code 1", true));
    }

    [Fact]
    public void Are_left_out_when_the_app_goes_while_its_release_begins_to_serve()
    {
        var run = RunOf(Plans.Deploy(Review, Revision(1), null));
        run.Tell(new StepDone("fetch", "tree", new(Source: new("tree", "a change", "ada", "key"))), new ArtifactReady("key", Artifact(1)), Granted(All));
        run.Tell(new StepDone("deploy", "", new(Endpoints: [new("http://new/")])), new StepDone("switch", ""));
        run.Tell(new CancelRun("the app goes", "Flow")).Answer!.Code.Should().Be("too-late");
        run.Tell(new CancelRun("the app goes", "Flow", Gone: true)).Answer!.Accepted.Should().BeTrue();
        Due(run).Should().Be("retire");
        run.Tell(new StepDone("retire", "")).Said<RunEnded>().Single().SetUp.Should().BeFalse();
    }

    [Fact]
    public void That_nobody_knows_the_end_of_are_not_run_again()
    {
        var run = Serving(Review, Granted(All));
        run.Tell(new StepFailed("postdeploy", Final, Unsure: true));
        run.Tell(new StepDone("deploy-hook", "")).Said<RunEnded>().Single().Should().Match<RunEnded>(e => e.SetUp && e.GivenUp!.Single().Unsure);
    }

    [Fact]
    public void Leave_a_process_the_time_to_become_healthy_that_its_manifest_gives_it()
    {
        var plan = Plans.Deploy(Review, Revision(1), null);
        var deploy = plan.Steps.Single(s => s.Kind == WellKnownSteps.Deploy);
        RunState Run(TimeSpan? patience) => new() { Plan = plan, Grant = new() { Manifest = new() { Processes = new Dictionary<string, ProcessDeclaration> { ["web"] = new(1, Health: patience is { } time ? new() { Timeout = time } : null) } } } };
        Plans.TimeoutOf(deploy, Run(TimeSpan.FromHours(1))).Should().BeGreaterThan(TimeSpan.FromHours(1));
        Plans.TimeoutOf(deploy, Run(TimeSpan.FromSeconds(1))).Should().Be(deploy.Timeout);
        Plans.TimeoutOf(deploy, Run(null)).Should().Be(deploy.Timeout);
        Plans.TimeoutOf(plan.Steps[0], Run(TimeSpan.FromHours(1))).Should().Be(plan.Steps[0].Timeout);
    }

    [Fact]
    public void Keep_no_app_from_going()
    {
        var run = Serving(Review, Granted(All));
        run.Tell(new CancelRun("roll back instead", "ada")).Answer!.Code.Should().Be("too-late");
        Due(run).Should().Be("postdeploy");
        var ended = run.Tell(new CancelRun("the app is being destroyed", "Flow", Gone: true)).Said<RunEnded>().Single();
        ended.GivenUp!.Select(s => (s.Step, s.Unsure)).Should().Equal(("postdeploy", true), ("deploy-hook", true));
        run.Owes.Should().BeOfType<TidyRun>("its command may still be at work");
    }

    [Fact]
    public void Are_not_begun_by_a_run_that_never_reached_the_switch()
    {
        var run = RunOf(Plans.Deploy(Review, Revision(1), null));
        run.Tell(new StepDone("fetch", "tree", new(Source: new("tree", "a change", "ada", "key"))), new ArtifactReady("key", Artifact(1)), Granted(All), new StepFailed("deploy", Final));
        run.Tell(new Stopped()).Said<RunEnded>().Single().Should().Match<RunEnded>(e => e.Outcome == RunStatus.Failed && !e.SetUp);
    }

    [Theory]
    [InlineData(RunKind.Rollback, "deploy-hook")]
    [InlineData(RunKind.Config, null)]
    public void Follow_a_deployment_and_no_other_release(RunKind kind, string? script)
    {
        var run = RunOf(Plans.Activate(Review, kind, Artifact(1), "ada"));
        run.Tell(Granted(All));
        run.Tell(new StepDone("deploy", "", new(Endpoints: [new("http://new/")])), new StepDone("switch", ""), new StepDone("retire", ""));
        Due(run).Should().Be(script);
    }

    [Fact]
    public void Have_the_last_word_before_the_teardown_and_cannot_keep_it_from_happening()
    {
        var run = RunOf(Plans.Destroy(Review, "Flow"));
        run.Tell(Granted(All));
        Due(run).Should().Be("pr-predestroy");
        run.Tell(new StepFailed("pr-predestroy", new("away", "the runtime is away", Transient: true)), new LookAgain(run.State.Parked));
        run.Tell(new LookAgain(run.State.Parked));
        Due(run).Should().Be("pr-predestroy");
        run.Tell(new StepFailed("pr-predestroy", Final));
        Due(run).Should().Be("teardown");
        run.State.Status.Should().Be(RunStatus.Running);

        var without = RunOf(Plans.Destroy(Review, "Flow"));
        without.Tell(Granted());
        Due(without).Should().Be("teardown");
        Plans.Destroy(Policy, "Flow").Steps.Should().ContainSingle("a permanent app has no such script");
    }

    [Fact]
    public void Leave_nothing_behind_in_the_runtime()
    {
        var run = Serving(Policy, Granted(All));
        run.Tell(new StepDone("deploy-hook", ""));
        run.Owes.Should().BeOfType<TidyRun>();
        Serving(Policy, Granted()).Owes.Should().BeNull();
    }

    [Fact]
    public void The_app_refuses_end_the_run_and_its_build()
    {
        var run = RunOf(Plans.Deploy(Policy, Revision(1), null));
        var needs = new Requirements("m", new() { Env = new Dictionary<string, EnvDeclaration> { ["A"] = new(Required: true) } });
        run.Tell(new StepDone("fetch", "tree", new(Source: new("tree", "a change", "ada", "key", Needs: needs)))).Said<CheckManifest>(AppDecider.StreamOf(Staging)).Should().ContainSingle();
        run.Tell(new SlotRefused("A is missing")).Said<Flow.Builds.UnwantArtifact>().Should().ContainSingle();
        run.Tell(new Stopped()).Said<RunEnded>().Single().Should().Match<RunEnded>(e => e.Outcome == RunStatus.Failed && e.Reason == "A is missing");
    }
}
