using Flow.Apps;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;
using Flow.Sources;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>The flows whose every point is tried. Whatever is new in the engine gets its flows here.</summary>
internal static class CanonicalFlows
{
    private static readonly AppName Staging = AppName.Parse("shop-staging");
    private static readonly AppName Production = AppName.Parse("shop-production");
    private static readonly AppName Archive = AppName.Parse("shop-archive");
    private static readonly AppName Review = AppName.Parse("shop-pr-1");
    private static readonly Dictionary<string, string> ReleaseAndWorker = new() { [ProcessTypes.Release] = "./migrate", ["worker"] = "./work" };

    public static PipelineDefinition Shop { get; } = new()
    {
        Name = PipelineName.Parse("shop"),
        Repository = new() { Url = "simulated" },
        // Looks follow hints alone: a lost one must not be healed by the next look.
        LookInterval = TimeSpan.FromHours(6),
        Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main" }],
        ReviewApps = new(),
    };

    private static PipelineDefinition WithDatabase(PipelineDefinition pipeline) => pipeline with { AddOns = [new() { Name = "data", Provider = "db" }] };
    private static PipelineDefinition WithGate(PipelineDefinition pipeline, string gate) => pipeline with { Apps = [.. pipeline.Apps.Select(a => a with { Gates = [gate] })] };

    public static IReadOnlyList<CanonicalFlow> All { get; } =
    [
        new("first deploy", FirstDeploy) { Pipeline = WithDatabase(WithGate(Shop, "window")), ProcessTypes = ReleaseAndWorker, HasHostStepAndReporter = true },
        new("deploy", s => Deploy(s, Quality.Good)) { Pipeline = WithDatabase(Shop), ProcessTypes = ReleaseAndWorker },
        new("deploy that never becomes healthy", s => Deploy(s, Quality.NeverHealthy)),
        new("build that fails", s => Deploy(s, Quality.DoesNotBuild)),
        new("release phase that fails", s => Deploy(s, Quality.ReleaseFails)) { ProcessTypes = ReleaseAndWorker },
        new("supersede", Supersede) { Pipeline = WithGate(Shop, "approval"), Meets = FlowSituations.Superseded },
        new("review app created", ReviewCreated) { Pipeline = WithDatabase(Shop) },
        new("review app updated", ReviewUpdated) { Pipeline = WithDatabase(Shop) },
        new("review app destroyed", ReviewDestroyed) { Pipeline = WithDatabase(Shop) },
        new("reopened in mid-teardown", Reopened) { Pipeline = WithDatabase(Shop), Meets = FlowSituations.ReopenedInTeardown },
        new("promotion to two targets", Promotion)
        {
            Pipeline = Shop with { Apps = [.. Shop.Apps, new() { Name = Production, Stage = Stage.Production, Gates = ["approval"] }, new() { Name = Archive, Stage = Stage.Production }] },
        },
        new("rollback", Rollback) { ProcessTypes = ReleaseAndWorker },
        new("rollback during a deploy", RollbackDuringDeploy) { Meets = FlowSituations.RollbackDuringDeploy },
        new("cancel", Cancel),
        new("cancel in mid-build", CancelInMidBuild) { Meets = FlowSituations.BuildAbandoned },
        new("config change", Config),
        new("scale", Scale),
        new("one-off command", Command) { Pipeline = WithDatabase(Shop) },
    ];

    private static async Task FirstDeploy(CrashCase s)
    {
        s.CountFromHere();
        await s.HintAsync();
        await s.RestAsync();
        s.Expect("the first commit serves", () => s.App(Staging).CurrentRelease is { Number: 1 });
    }

    private static async Task Deploy(CrashCase s, Quality quality)
    {
        var first = await DeployedAsync(s);
        s.CountFromHere();
        var second = s.Push(quality);
        await s.HintAsync();
        s.Expect("the right commit serves", () => s.Serves(Staging, quality == Quality.Good ? second : first));
        s.Expect("the run ended as it had to", () => s.Run(Staging, 2).Status == (quality == Quality.Good ? RunStatus.Succeeded : RunStatus.Failed));
    }

    private static async Task Supersede(CrashCase s)
    {
        await DeployedAsync(s, approve: true);
        s.CountFromHere();
        s.Push();
        await s.HintAsync();
        await s.UntilAsync(() => s.Run(Staging, 2).Waits is not null);
        var newest = s.Push();
        await s.HintAsync();
        await s.UntilAsync(() => s.Run(Staging, 3).Waits is not null);
        await s.AskAsync(new RunId(Staging, 3), new ApproveRun("ada", null));
        await s.UntilAsync(() => s.Run(Staging, 3).Closed);
        await s.AskAsync(new RunId(Staging, 2), new ApproveRun("too late, but for a newest one that failed", null));
        s.Expect("the newest commit serves", () => s.Serves(Staging, newest));
        s.Expect("the older one was superseded", () => s.Run(Staging, 2).Status == RunStatus.Cancelled);
    }

    private static async Task ReviewCreated(CrashCase s)
    {
        await DeployedAsync(s);
        s.CountFromHere();
        var head = s.Propose("pr-1");
        await s.HintAsync();
        s.Expect("the review app serves", () => s.Serves(Review, head));
    }

    private static async Task ReviewUpdated(CrashCase s)
    {
        await ReviewedAsync(s);
        s.CountFromHere();
        var head = s.Propose("pr-1");
        await s.HintAsync();
        s.Expect("the review app serves the new commit", () => s.Serves(Review, head));
    }

    private static async Task ReviewDestroyed(CrashCase s)
    {
        await ReviewedAsync(s);
        s.CountFromHere();
        s.Close("pr-1");
        await s.HintAsync();
        s.Expect("the review app is destroyed", () => s.App(Review) is { Life: AppLife.Destroyed, Ledger.Count: 0 });
    }

    private static async Task Reopened(CrashCase s)
    {
        var head = await ReviewedAsync(s);
        s.CountFromHere();
        s.Close("pr-1");
        await s.HintAsync();
        await s.UntilAsync(() => s.App(Review).Life == AppLife.Destroying);
        s.Propose("pr-1", head);
        await s.HintAsync();
        s.Expect("the review app serves again", () => s.Serves(Review, head) && s.App(Review).Generation > 1);
    }

    private static async Task Promotion(CrashCase s)
    {
        var commit = await DeployedAsync(s);
        s.CountFromHere();
        await s.AskAsync(Staging, new RequestPromotion("promotion-1", null, [Production, Archive], "ada"));
        await s.UntilAsync(() => s.Run(Production, 1).Waits is not null);
        await s.AskAsync(new RunId(Production, 1), new ApproveRun("ada", null));
        s.Expect("both targets serve", () => s.Serves(Production, commit) && s.Serves(Archive, commit));
        s.Expect("both targets are told", () => s.App(Staging).Promotions is [{ Targets: var targets }] && targets.All(t => t.State == PromotionState.Succeeded));
    }

    private static async Task Rollback(CrashCase s)
    {
        var first = await DeployedAsync(s);
        s.Push();
        await s.HintAsync();
        await s.RestAsync();
        s.CountFromHere();
        await s.AskAsync(Staging, new RequestRollback(null, "ada"));
        s.Expect("the first commit serves again, and stays", () => s.Serves(Staging, first) && s.App(Staging) is { Current: 3, Hold: not null });
    }

    private static async Task RollbackDuringDeploy(CrashCase s)
    {
        var first = await DeployedAsync(s);
        s.Push();
        await s.HintAsync();
        await s.RestAsync();
        s.CountFromHere();
        s.Push();
        await s.HintAsync();
        await s.UntilAsync(() => s.Running(Staging) == 2);
        await s.AskAsync(Staging, new RequestRollback(1, "ada"));
        s.Expect("the first commit serves again, and stays", () => s.Serves(Staging, first) && s.App(Staging).Hold is not null);
    }

    private static async Task Cancel(CrashCase s)
    {
        var first = await DeployedAsync(s);
        s.CountFromHere();
        var second = s.Push();
        await s.HintAsync();
        await s.UntilAsync(() => s.Running(Staging) == 2);
        await s.AskAsync(new RunId(Staging, 2), new CancelRun("changed my mind", "ada"));
        s.Expect("it was cancelled, or too late", () => s.Run(Staging, 2).Status switch { RunStatus.Cancelled => s.Serves(Staging, first), RunStatus.Succeeded => s.Serves(Staging, second), _ => false });
    }

    private static async Task CancelInMidBuild(CrashCase s)
    {
        await DeployedAsync(s);
        s.CountFromHere();
        var second = s.Push();
        await s.HintAsync();
        await s.UntilAsync(() => s.Run(Staging, 2).Due?.Kind == WellKnownSteps.Build);
        await s.AskAsync(new RunId(Staging, 2), new CancelRun("changed my mind", "ada"));
        await s.UntilAsync(() => s.Run(Staging, 2).Closed);
        // The same code again: what nobody wants any more must not stand in the way of who wants it next.
        await s.AskAsync(Staging, new HeadObserved(100, s.Run(Staging, 2).Plan!.Revision!, "ada"));
        s.Expect("it was cancelled, or too late, and serves when it is wanted again", () => s.Run(Staging, 2).Closed && s.Serves(Staging, second));
    }

    private static async Task Config(CrashCase s)
    {
        await DeployedAsync(s);
        s.CountFromHere();
        await s.AskAsync(Staging, new ChangeConfig(new Dictionary<string, ConfigValue?> { ["COLOUR"] = new("blue", null) }, "ada"));
        s.Expect("a release with the new config serves", () => s.App(Staging) is { CurrentRelease: { Number: 2 } release } app && app.ConfigOf(release.Config).ContainsKey("COLOUR"));
    }

    private static async Task Scale(CrashCase s)
    {
        await DeployedAsync(s);
        s.CountFromHere();
        await s.AskAsync(Staging, new ScaleProcesses(new Dictionary<string, int> { [ProcessTypes.Web] = 3 }, "ada"));
        await s.RestAsync();
        await s.AskAsync(Staging, new ScaleProcesses(new Dictionary<string, int> { [ProcessTypes.Web] = 1 }, "ada"));
        s.Expect("one process serves", () => s.App(Staging) is { CurrentRelease.Endpoints.Count: 1 });
    }

    private static async Task Command(CrashCase s)
    {
        await DeployedAsync(s);
        s.CountFromHere();
        await s.AskAsync(Staging, new RunCommand("./report", TimeSpan.FromMinutes(5), "ada"));
        s.Expect("the command ended well", () => s.Run(Staging, 2).Status == RunStatus.Succeeded);
    }

    /// <summary>The pipeline is declared, and its first commit serves.</summary>
    private static async Task<CommitSha> DeployedAsync(CrashCase s, bool approve = false)
    {
        if (approve)
        {
            await s.UntilAsync(() => s.Run(Staging, 1).Waits is not null);
            await s.AskAsync(new RunId(Staging, 1), new ApproveRun("ada", null));
        }
        await s.RestAsync();
        return s.App(Staging).CurrentRelease!.Revision!.Sha;
    }

    private static async Task<CommitSha> ReviewedAsync(CrashCase s)
    {
        await DeployedAsync(s);
        var head = s.Propose("pr-1");
        await s.HintAsync();
        await s.RestAsync();
        return head;
    }
}
