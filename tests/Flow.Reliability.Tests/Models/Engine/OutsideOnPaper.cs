using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Gates;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Runs;
using Flow.Sources;
using Flow.Testing.Fakes;

namespace Flow.Reliability.Tests.Models.Engine;

/// <summary>A repository, and how everything goes well.</summary>
internal sealed class OutsideOnPaper
{
    public static readonly PipelineName Shop = PipelineName.Parse("shop");
    public static readonly AppName Staging = AppName.Parse("shop-staging");
    public static readonly AppName Production = AppName.Parse("shop-production");
    public static readonly StreamId ShopStream = PipelineDecider.StreamOf(Shop);
    public static readonly StreamId StagingStream = AppDecider.StreamOf(Staging);

    public OutsideOnPaper() { }

    public OutsideOnPaper(OutsideOnPaper other) => (Branches, Proposals) = (new(other.Branches), [.. other.Proposals]);

    public Dictionary<string, CommitSha> Branches { get; } = [];
    public List<Proposal> Proposals { get; } = [];

    public static CommitSha Commit(int n) => CommitSha.Parse(n.ToString("x40", System.Globalization.CultureInfo.InvariantCulture));

    public static PipelineDefinition Definition => new()
    {
        Name = Shop,
        Repository = new() { Url = "paper" },
        Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main", Gates = ["checks"] }, new() { Name = Production, Stage = Stage.Production }],
    };

    public static DeclarePipeline Declare(PipelineDefinition definition, string fingerprint, params IReadOnlyList<string> reporters) =>
        new(new(definition, [], reporters, true, 3, TimeSpan.FromDays(30), fingerprint));

    public SourceListing List() => new() { Branches = new Dictionary<string, CommitSha>(Branches), Proposals = [.. Proposals] };

    /// <summary>What an effect leads to when nothing goes wrong.</summary>
    public Input Done(EngineOnPaper engine, StreamId stream, Effect effect) => effect switch
    {
        LookAtSource look => new Looked(look.Look, List()),
        LookAtDeployment look => new AppInspected(look.Release, true, engine.Read<AppState>(stream)!.CurrentRelease!.Endpoints, null),
        ExecuteBuild build => new BuildCompleted(FakeBuilder.ArtifactOf(build.Key, build.Order.Revision, new Dictionary<string, string> { ["web"] = "./web" })),
        StopBuild => new BuildStopped(),
        StopRun => new Stopped(),
        TidyRun => new RunTidied(),
        DeleteRunLogs => new LogsDeleted(),
        DeliverReport report => new ReportDelivered(report.Number, report.Reporter),
        ExecuteStep step => Step(engine, step, engine.Read<RunState>(stream)!),
        _ => throw new InvalidOperationException($"Nobody does {effect.IdempotencyKey}."),
    };

    private static RunInput Step(EngineOnPaper engine, ExecuteStep step, RunState run) => step.Step.Kind switch
    {
        WellKnownSteps.Gate when step.Step.Name == "gate:checks" && !run.Overrides.ContainsKey(step.Step.Name) && run.Plan!.Revision is { } revision =>
            engine.Read<PipelineState>(ShopStream)!.ChecksOf(revision.Sha) is { Count: > 0 } checks && checks.All(c => c.State == CheckState.Success)
                ? new StepDone(step.Step.Name, "all good")
                : new StepMustWait(step.Step.Name, "checks", "CI", TimeSpan.FromSeconds(30)),
        WellKnownSteps.Gate when step.Step.Name == "gate:approval" && run.Approvals.Count == 0 => new StepMustWait(step.Step.Name, "an approval", "a person", TimeSpan.FromMinutes(10)),
        WellKnownSteps.Fetch => new StepDone(step.Step.Name, "tree", new(new(TreeOf(run), "subject", "author", TreeOf(run)))),
        WellKnownSteps.Deploy => new StepDone(step.Step.Name, "healthy", new(Endpoints: [new($"http://{run.Grant!.Deployment}/")])),
        _ => new StepDone(step.Step.Name, "done"),
    };

    private static string TreeOf(RunState run) => $"{run.Plan!.Revision!.Trust}-{run.Plan.Revision.Sha}".ToLowerInvariant();
}
