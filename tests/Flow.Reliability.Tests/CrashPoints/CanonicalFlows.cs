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
    private static readonly AppName Topic = AppName.Parse("shop-topic");
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

    /// <summary>Asks for all that code can ask for.</summary>
    private static DrawnManifest Full { get; } = new()
    {
        Env = System.Collections.Immutable.ImmutableSortedDictionary<string, DrawnVar>.Empty
            .Add(ManifestDrawer.Secret, new(null, Required: true, Generated: true)).Add("V0", new("blue", Required: true, Sync: true)).Add("V1", new("one", Required: false)),
        Worker = 1,
        HasAddOn = true,
        HasPostDeploy = true,
        HasPredestroy = true,
        HasHook = true,
        Watches = true,
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
        new("review app with a full app.json", ReviewFromOpenToGone) { ProcessTypes = new Dictionary<string, string> { ["worker"] = "./work" }, Meets = FlowSituations.SecretGenerated },
        new("review app whose app.json changes", ReviewFollowsManifest) { Meets = FlowSituations.ManifestFollowed },
        new("promotion that sets config and makes a secret", PromotionOfManifest)
        {
            Pipeline = Shop with { Apps = [.. Shop.Apps, new() { Name = Production, Stage = Stage.Production }] },
            Manifest = Full,
            Meets = FlowSituations.Synced,
        },
        new("app of a branch", BranchApp) { Pipeline = WithDatabase(Shop), Meets = FlowSituations.BranchApp },
        new("stage's config changed", StageConfigChange) { Meets = FlowSituations.StageConfigTaken },
        new("review app let in when another went", LetIn) { Pipeline = Shop with { ReviewApps = new() { MaxAlive = 1 } }, Meets = FlowSituations.LetIn },
        new("add-on renewed", AddOnRenewed) { Pipeline = WithDatabase(Shop), ProcessTypes = ReleaseAndWorker, Meets = FlowSituations.Renewed },
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

    private static async Task ReviewFromOpenToGone(CrashCase s)
    {
        await DeployedAsync(s);
        s.CountFromHere();
        var head = s.Propose("pr-1", manifest: Full);
        await s.HintAsync();
        await s.RestAsync();
        s.Expect("it was set up once", () => s.Run(Review, 1).Find(WellKnownSteps.PostDeploy) is { Failed: false } && s.Run(Review, 1).Plan!.Revision!.Sha == head);
        s.Close("pr-1");
        await s.HintAsync();
        s.Expect("the review app is destroyed, and had its last word", () => s.App(Review) is { Life: AppLife.Destroyed, Ledger.Count: 0 } && s.Run(Review, 2).Find(WellKnownSteps.Predestroy) is { Output: "exit code 0" });
    }

    private static async Task ReviewFollowsManifest(CrashCase s)
    {
        await DeployedAsync(s);
        s.Propose("pr-1", manifest: Full);
        await s.HintAsync();
        await s.RestAsync();
        s.CountFromHere();
        var head = s.Propose("pr-1", manifest: Full with { Env = Full.Env.Remove("V1").SetItem("V0", new("red", Required: true)), HasAddOn = false, Worker = 0 });
        await s.HintAsync();
        s.Expect("the config is the new one", () => s.Serves(Review, head) && s.App(Review) is { SetUp: true } app && app.ConfigOf(app.Config) is var config && config["V0"].Plain == "red" && !config.ContainsKey("V1"));
    }

    private static async Task PromotionOfManifest(CrashCase s)
    {
        var commit = await DeployedAsync(s);
        await s.AskAsync(Production, new ChangeConfig(new Dictionary<string, ConfigValue?> { ["V0"] = new("by hand", null) }, "ada"));
        await s.RestAsync();
        s.CountFromHere();
        var made = new Dictionary<string, IReadOnlyDictionary<string, string>> { [Production.ToString()] = new Dictionary<string, string> { [ManifestDrawer.Secret] = s.Sealed(Production, ManifestDrawer.Secret) } };
        await s.AskAsync(Staging, new RequestPromotion("promotion-1", null, [Production], "ada", made));
        s.Expect("it serves with its config", () => s.Serves(Production, commit) && s.App(Production) is var app && app.ConfigOf(app.Config) is var config
            && config["V0"].Plain == "blue" && config[ManifestDrawer.Secret].Ciphertext == made[Production.ToString()][ManifestDrawer.Secret]);
    }

    private static async Task BranchApp(CrashCase s)
    {
        await DeployedAsync(s);
        var head = s.Push(branch: "topic");
        s.CountFromHere();
        await s.AskAsync(new WantBranchApp("topic", "topic", Topic, new Dictionary<string, ConfigValue> { ["V0"] = new("mine", null) }, "ada"));
        await s.UntilAsync(() => s.Serves(Topic, head));
        await s.RestAsync();
        s.Expect("it had served with its own config", () => s.Run(Topic, 1) is { Status: RunStatus.Succeeded, Grant: { } grant } && grant.Config["V0"].Plain == "mine");
        await s.AskAsync(new DismissReviewApp("topic", "ada"));
        s.Expect("nothing is left of it", () => s.App(Topic) is { Life: AppLife.Destroyed, Ledger.Count: 0 } && s.Pipeline is { WantedBranches.Count: 0, Teardowns.Count: 0 });
    }

    private static async Task StageConfigChange(CrashCase s)
    {
        await ReviewedAsync(s);
        s.CountFromHere();
        await s.AskAsync(new ChangeStageConfig(Stage.Review, new Dictionary<string, ConfigValue?> { ["V0"] = new("for all", null, ConfigOrigin.Stage) }, "ada"));
        await s.RestAsync();
        var head = s.Propose("pr-1");
        await s.HintAsync();
        s.Expect("the next deployment took it up", () => s.Serves(Review, head) && s.App(Review) is var app && app.ConfigOf(app.CurrentRelease!.Config)["V0"] is { Plain: "for all", Origin: ConfigOrigin.Stage });
    }

    private static async Task LetIn(CrashCase s)
    {
        await ReviewedAsync(s);
        var head = s.Propose("pr-2");
        await s.HintAsync();
        await s.RestAsync();
        s.CountFromHere();
        s.Close("pr-1");
        await s.HintAsync();
        s.Expect("the one that waited serves, the other is gone", () => s.App(Review).Life == AppLife.Destroyed && s.Serves(AppName.Parse("shop-pr-2"), head) && s.Pipeline.Teardowns.Count == 0);
    }

    private static async Task AddOnRenewed(CrashCase s)
    {
        await DeployedAsync(s);
        s.CountFromHere();
        await s.AskAsync(Staging, new AddOnChanged("data", "ada"));
        s.Expect("a release without a release phase took it up", () => s.App(Staging).CurrentRelease is { Number: 2, Kind: RunKind.AddOn } && s.Run(Staging, 2).Plan!.Steps.All(step => step.Kind != WellKnownSteps.Release));
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
