using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Gates;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Runs;
using Flow.Sources;
using static Flow.Reliability.Tests.Models.Engine.OutsideOnPaper;

namespace Flow.Reliability.Tests.Models.Engine;

/// <summary>People, time and an outside that fails, by one seed; the rules decide, and each state that is reached is looked at.</summary>
internal sealed class RandomWalk
{
    private const int MostSteps = 20_000;
    private static readonly Failure Passing = new("away", "It is away.", Transient: true), Final = new("broken", "It is broken.");
    private readonly Random chance;
    private readonly EngineOnPaper engine = new();
    private readonly OutsideOnPaper outside = new();
    private readonly List<string> story = [];
    private int commits, declarations;

    public RandomWalk(int seed, Func<Input, bool>? loses = null)
    {
        chance = new(seed);
        if (loses is not null) engine.Loses = loses;
        outside.Branches["main"] = Commit(++commits);
        Declare();
    }

    public string? Problem { get; private set; }
    public Dictionary<string, int> Met { get; } = [];

    /// <summary>So many things happen; then everything goes well, people say what they are asked, and it must come to rest.</summary>
    public RandomWalk Go(int steps)
    {
        for (var i = 0; i < steps && Problem is null; i++)
        {
            switch (chance.Next(20))
            {
                case < 14 when Move(bad: true): break;
                case < 17: Say(); break;
                default: Pass(); break;
            }
            Look();
        }
        return this;
    }

    public RandomWalk ComesToRest()
    {
        for (var steps = 0; Problem is null; steps++)
        {
            if (steps > MostSteps) Problem = $"it does not come to rest: {Open()}";
            if (Move(bad: false)) continue;
            if (Open() is null) break;
            foreach (var (stream, run) in engine.All<RunState>().ToList())
            {
                if (run.Status == RunStatus.Unknown) engine.Send(stream, new DecideUnknown(false, "ada"));
                if (run is { Waits: not null, Due.Kind: WellKnownSteps.Gate }) engine.Send(stream, run.Due.Name == "gate:approval" ? new ApproveRun("ada", null) : new OverrideGate("checks", "ada", "known"));
            }
            foreach (var (stream, app) in engine.All<AppState>().ToList())
                if (app.Hold is not null) engine.Send(stream, new ResumeDeployments("ada"));
            if (engine.NextDue() is { } due) engine.Now = due;
        }
        return this;
    }

    public string Story => string.Join('\n', story.TakeLast(25));

    private string? Open() => engine.All<AppState>().SelectMany(a => a.State.Candidates).Select(c => $"{c.Run} ({c.Kind})").FirstOrDefault()
        ?? engine.All<AppState>().Where(a => a.State.Life == AppLife.Destroying).Select(a => $"{a.Stream} is being destroyed").FirstOrDefault()
        ?? engine.All<BuildState>().Where(b => b.State.Wanted.Count > 0 || b.State.Started).Select(b => $"{b.Stream}").FirstOrDefault()
        ?? engine.All<PipelineState>().SelectMany(p => p.State.Teardowns.Keys).Select(a => $"{a} is on show as being torn down").FirstOrDefault()
        ?? engine.All<ReportState>().Where(r => r.State.Pending.Count > 0).Select(r => $"{r.Stream}").FirstOrDefault();

    private void Look()
    {
        foreach (var (stream, way, problem) in WaysOut.Of(engine))
        {
            if (problem is not null) Problem ??= $"{stream}: {problem}";
            var met = $"{stream.Kind} {way}";
            Met[met] = Met.GetValueOrDefault(met) + 1;
        }
    }

    private bool Move(bool bad)
    {
        var possible = engine.Possible();
        if (possible.Count == 0) return false;
        var (stream, input, effect) = possible[chance.Next(possible.Count)];
        if (input is not null)
        {
            story.Add($"{stream} <- {input.Input}"[..Math.Min(200, $"{stream} <- {input.Input}".Length)]);
            engine.Deliver(input);
            if (bad && chance.Next(30) == 0) engine.Tell(stream, input.Input);
            return true;
        }
        var answer = (bad && chance.Next(4) == 0 ? Bad(stream, effect!) : null) ?? outside.Done(engine, stream, effect!);
        story.Add($"{stream} did {effect!.IdempotencyKey}: {answer.GetType().Name}");
        engine.Tell(stream, answer);
        return true;
    }

    private Input? Bad(StreamId stream, Effect effect) => effect switch
    {
        LookAtSource look when chance.Next(3) == 0 => new Looked(look.Look, new() { Branches = new Dictionary<string, CommitSha>(), Proposals = [] }),
        LookAtSource look => new LookFailed(look.Look, Passing),
        LookAtDeployment look => new AppInspected(look.Release, chance.Next(2) == 0, [new("http://elsewhere/")], null, Blind: chance.Next(3) == 0),
        ExecuteBuild => new BuildAttemptFailed(AnyFailure, Unsure: chance.Next(3) == 0),
        StopRun => new StopFailed(Passing),
        DeliverReport report => new ReportFailed(report.Number, report.Reporter, AnyFailure),
        ExecuteStep { Step: var step } => chance.Next(6) switch
        {
            0 => new StepMustWait(step.Name, "something", "somebody", TimeSpan.FromSeconds(chance.Next(1, 300))),
            1 when step.Repeat == StepRepeat.OnceThenAsk => new StepUnknown(step.Name, "Did it happen?"),
            2 => new StepBegun(step.Name, engine.Read<RunState>(stream)!.Attempt),
            _ => new StepFailed(step.Name, AnyFailure, Unsure: chance.Next(3) == 0),
        },
        _ => null,
    };

    private Failure AnyFailure => chance.Next(3) == 0 ? Final : Passing;

    private void Pass()
    {
        var due = engine.NextDue();
        engine.Now = due is { } next && chance.Next(4) > 0 ? next : engine.Now + TimeSpan.FromMinutes(chance.Next(6) == 0 ? 200 : chance.Next(1, 8));
    }

    private void Say()
    {
        switch (chance.Next(30))
        {
            case < 4: outside.Branches["main"] = Commit(++commits); Hint(); break;
            case 4: Propose(); break;
            case 5 when outside.Proposals.Count > 0: outside.Proposals.RemoveAt(chance.Next(outside.Proposals.Count)); break;
            case 6 when outside.Proposals.Count > 0: outside.Proposals[0] = outside.Proposals[0] with { Closed = true }; break;
            case 7: Hint(); break;
            case 8: engine.Send(AnyApp, new RequestRollback(chance.Next(2) == 0 ? null : chance.Next(1, 4), "ada")); break;
            case 9: engine.Send(AnyApp, new HoldDeployments("a feeling", "ada")); break;
            case 10: engine.Send(AnyApp, new ResumeDeployments("ada")); break;
            case 11 or 12: engine.Send(StagingStream, new RequestPromotion($"p{engine.Now.Ticks}-{story.Count}", null, [Production], "ada")); break;
            case 13: engine.Send(AnyApp, new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new($"{story.Count}", null) }, "ada")); break;
            case 14: engine.Send(AnyApp, new ScaleProcesses(new Dictionary<string, int> { ["web"] = chance.Next(3) }, "ada")); break;
            case 15: engine.Send(AnyApp, new RestartProcesses("ada")); break;
            case 16: engine.Send(AnyApp, new RunCommand("echo", TimeSpan.FromMinutes(5), "ada")); break;
            case 17 or 18 when AnyRun is { } run: engine.Send(run, new CancelRun("changed my mind", "ada")); break;
            case 19 when chance.Next(3) == 0: engine.Send(AnyApp, new DestroyApp("asked for", "ada")); break;
            case 20: Declare(); break;
            case 21: engine.Send(ShopStream, new ReportCheck(Commit(commits), new("ci", chance.Next(3) == 0 ? CheckState.Failure : CheckState.Success))); break;
            case 22: engine.Send(ShopStream, new DeployHead(chance.Next(2) == 0 ? Staging : Production, null, "ada")); break;
            case 23: engine.Send(ShopStream, chance.Next(2) == 0 ? new ConfirmClosings("ada") : new ApproveCommit(Commit(chance.Next(1, commits + 1)), "ada")); break;
            case 24 when AnyRun is { } run: engine.Send(run, chance.Next(3) switch { 0 => new ApproveRun("ada", null), 1 => new OverrideGate("checks", "ada", "known"), _ => new DecideUnknown(chance.Next(2) == 0, "ada") }); break;
            case 25: engine.Send(ShopStream, new WantReviewApp(AnyKey, AppName.Parse($"shop-{AnyKey}"), null, "ada")); break;
            case 26: engine.Send(ShopStream, new DismissReviewApp(AnyKey, "ada")); break;
            case 27: engine.Send(ShopStream, new ChangeStageConfig(Stage.Review, new Dictionary<string, ConfigValue?> { ["A"] = new($"{story.Count}", null, ConfigOrigin.Stage) }, "ada")); break;
            case 28: engine.Send(ShopStream, new JudgeReviewApps([])); break;
            default: engine.Send(AnyApp, new InspectApp()); break;
        }
    }

    private void Hint() => engine.Send(ShopStream, new LookNow());

    private void Propose()
    {
        var key = $"pr-{chance.Next(1, 4)}";
        outside.Proposals.RemoveAll(p => p.Key == key);
        outside.Proposals.Add(new() { Key = key, Head = new() { Sha = Commit(++commits), Ref = $"refs/pull/{key}/head", Trust = chance.Next(3) == 0 ? Trust.Untrusted : Trust.Trusted } });
    }

    private void Declare() => engine.Send(ShopStream, OutsideOnPaper.Declare(Definition with
    {
        Apps = [Definition.Apps[0] with { Gates = chance.Next(2) == 0 ? ["checks"] : [] }, Definition.Apps[1] with { Gates = chance.Next(2) == 0 ? ["approval"] : [] }],
        ReviewApps = new() { MaxAlive = chance.Next(2) == 0 ? 1 : null, StaleAfter = chance.Next(2) == 0 ? TimeSpan.FromHours(1) : null, StaleWarning = TimeSpan.FromMinutes(5) },
        ReleaseRepeat = chance.Next(2) == 0 ? StepRepeat.OnceThenAsk : StepRepeat.Idempotent,
        MaxClosingsAtOnce = 1,
    }, $"f{++declarations}", chance.Next(2) == 0 ? [] : ["one", "two"]) is var declare ? declare with { Pipeline = declare.Pipeline with { Retention = TimeSpan.FromHours(2) } } : throw new InvalidOperationException());

    private string AnyKey => $"pr-{chance.Next(1, 4)}";

    private StreamId AnyApp => engine.All<AppState>().Select(a => a.Stream).ToList() is { Count: > 0 } apps ? apps[chance.Next(apps.Count)] : StagingStream;

    private StreamId? AnyRun => engine.All<RunState>().Where(r => !r.State.Closed).Select(r => r.Stream).ToList() is { Count: > 0 } runs ? runs[chance.Next(runs.Count)] : null;
}
