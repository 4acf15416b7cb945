using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Testing.Fakes;

namespace Flow.Core.Tests.Engine;

/// <summary>One stream and its rules, without a pump, a store or a clock: tell it something, look what it decides.</summary>
internal sealed class OnPaper<TState, TInput, TEvent>(Decider<TState, TInput, TEvent> decider, StreamId self)
    where TState : class where TInput : Input where TEvent : Event
{
    public TState State { get; private set; } = decider.Initial;
    public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;
    public Effect? Owes => decider.Next(self, State);

    public Decision Tell(TInput input)
    {
        var decision = decider.Decide(self, State, input, Now);
        foreach (var happened in decision.Events) State = decider.Evolve(State, (TEvent)happened);
        return decision;
    }

    public void Tell(params IReadOnlyList<TInput> inputs)
    {
        foreach (var input in inputs) Tell(input);
    }
}

/// <summary>Things to tell.</summary>
internal static class Paper
{
    public static readonly PipelineName Shop = PipelineName.Parse("shop");
    public static readonly AppName Staging = AppName.Parse("shop-staging");

    public static AppPolicy Policy => new()
    {
        Pipeline = Shop,
        Stage = Stage.Staging,
        Repository = new() { Url = "paper" },
        Source = "git",
        Builder = "local",
        Runtime = "local",
        BuildTimeout = TimeSpan.FromMinutes(30),
        ReleaseTimeout = TimeSpan.FromMinutes(10),
        DrainDeadline = TimeSpan.FromSeconds(1),
        StopGrace = TimeSpan.FromSeconds(1),
        ReleasesKept = 3,
        Fingerprint = "1",
    };

    public static CommitSha Commit(int n) => CommitSha.Parse(n.ToString("x40"));
    public static Revision Revision(int n, Trust trust = Trust.Trusted) => new() { Sha = Commit(n), Ref = "refs/heads/main", Trust = trust };
    public static Artifact Artifact(int n) => FakeBuilder.ArtifactOf($"tree-{n}", Revision(n), new Dictionary<string, string> { ["web"] = "./web", ["worker"] = "./work" });
    public static RunId Run(int n) => new(Staging, n);
    public static HeadObserved Head(int n) => new(n, Revision(n));
    public static RunEnded Succeeded(int run) => new(Run(run), RunStatus.Succeeded, null, [new($"http://run-{run}/")]);
    public static RunEnded Failed(int run, RunStatus outcome = RunStatus.Failed) => new(Run(run), outcome, "it broke", []);
    public static RequestSlot Asks(int run) => new(Run(run), Artifact(run));

    public static OnPaper<AppState, AppInput, AppEvent> App(AppPolicy? policy = null)
    {
        var app = new OnPaper<AppState, AppInput, AppEvent>(new AppDecider(), AppDecider.StreamOf(Staging));
        app.Tell(new DefineApp(policy ?? Policy));
        return app;
    }

    /// <summary>Heads 1 to n are released, one after the other, as runs and releases 1 to n.</summary>
    public static OnPaper<AppState, AppInput, AppEvent> Released(int n)
    {
        var app = App();
        for (var i = 1; i <= n; i++) app.Tell(Head(i), Asks(i), Succeeded(i));
        return app;
    }

    public static OnPaper<RunState, RunInput, RunEvent> RunOf(Plan plan)
    {
        var run = new OnPaper<RunState, RunInput, RunEvent>(new RunDecider(), RunDecider.StreamOf(Run(1)));
        run.Tell(new BeginRun(plan));
        return run;
    }

    public static OnPaper<BuildState, BuildInput, BuildEvent> Build() => new(new BuildDecider(), BuildDecider.StreamOf("key"));

    public static BuildOrder Order(int commit) => new()
    {
        Pipeline = Shop,
        Repository = new() { Url = "paper" },
        Source = "git",
        Builder = "local",
        Revision = Revision(commit),
        Timeout = TimeSpan.FromMinutes(30),
    };

    public static OnPaper<PipelineState, PipelineInput, PipelineEvent> Pipeline(PipelineDefinition? definition = null, bool isolates = false)
    {
        var pipeline = new OnPaper<PipelineState, PipelineInput, PipelineEvent>(new PipelineDecider(), PipelineDecider.StreamOf(Shop));
        pipeline.Tell(Declare(definition ?? Definition, "1", isolates));
        return pipeline;
    }

    public static DeclarePipeline Declare(PipelineDefinition definition, string fingerprint, bool isolates = false) =>
        new(new(definition, [], [], isolates, 20, TimeSpan.FromDays(30), fingerprint));

    public static PipelineDefinition Definition => new()
    {
        Name = Shop,
        Repository = new() { Url = "paper" },
        Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main" }],
        ReviewApps = new(),
        MaxClosingsAtOnce = 1,
    };

    public static Proposal Proposal(string key, int commit, Trust trust = Trust.Trusted) => new() { Key = key, Head = Revision(commit, trust) };

    /// <summary>A look at a repository with a branch main at a commit, and proposals.</summary>
    public static Decision Sees(this OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, int? main, params IReadOnlyList<Proposal> proposals)
    {
        if (!pipeline.State.LookDue) pipeline.Tell(new LookNow());
        var branches = new Dictionary<string, CommitSha>();
        if (main is { } commit) branches["main"] = Commit(commit);
        return pipeline.Tell(new Looked(pipeline.State.Look, new() { Branches = branches, Proposals = proposals }));
    }

    public static IEnumerable<T> Said<T>(this Decision decision, StreamId? to = null) where T : Input =>
        decision.Messages.Where(m => to is null || m.To == to).Select(m => m.Input).OfType<T>();
}
