using System.Globalization;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Logs;
using Flow.Pipelines;
using Flow.Routing;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Benchmarks.Durable;

/// <summary>A step that does nothing.</summary>
internal sealed class NoOpStep : IRunStep
{
    public ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken) => ValueTask.FromResult<StepResult>(new StepResult.Done());
}

/// <summary>Runs nothing and remembers nothing.</summary>
internal sealed class NoOpRuntime : IRuntime
{
    private static readonly Uri Endpoint = new("http://127.0.0.1:10000/");

    public bool IsolatesUntrusted => false;
    public ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken) => ValueTask.FromResult(WorkStatus<Deployment>.Done(Of(spec.Id)));
    public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken) => ValueTask.FromResult<Deployment?>(Of(id));
    public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken) => ValueTask.FromResult(WorkStatus<CommandResult>.Done(new(0, false, "")));
    public ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken) => default;
    public ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken) => default;
    public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<DeploymentId>>([]);
    private static Deployment Of(DeploymentId id) => new() { Id = id, Processes = [new("web", 1, true, Endpoint, 0, null)] };
}

/// <summary>Leads nowhere.</summary>
internal sealed class NoOpRouter : IRouter
{
    public Uri UrlOf(AppName app) => new($"http://{app}.localhost/");
    public ValueTask SetAsync(Route route, CancellationToken cancellationToken) => default;
    public ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken) => default;
    public ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken) => default;
    public ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken) => ValueTask.FromResult(0);
}

/// <summary>A repository whose <c>main</c> never moves.</summary>
internal sealed class NoOpSource : ISourceProvider
{
    private sealed class Tree : ISourceTree
    {
        public string TreeId => Head.ToString();
        public string Subject => "a change";
        public string Author => "somebody";
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);
        public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);
        public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => default;
    }

    private static readonly CommitSha Head = CommitSha.Parse(1.ToString("x40", CultureInfo.InvariantCulture));
    private static readonly Dictionary<string, CommitSha> Branches = new() { ["main"] = Head };

    public ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken) => ValueTask.FromResult(new SourceListing { Branches = Branches, Proposals = [] });
    public ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) => ValueTask.FromResult<ISourceTree>(new Tree());
}

/// <summary>Builds nothing, at once.</summary>
internal sealed class NoOpBuilder : IBuilder
{
    private static readonly Dictionary<string, string> Web = new() { ["web"] = "./web" };

    public string Version => "no-op";
    public bool IsolatesUntrusted => false;
    public ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) => ValueTask.FromResult(new Detection(true, "anything"));
    public ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(WorkStatus<Artifact>.Done(new()
        {
            Digest = ArtifactDigest.Parse($"sha256:{new string('0', 64)}"),
            Builder = "no-op",
            ProcessTypes = Web,
            Trust = request.Revision.Trust,
            Provenance = new() { Repository = request.Repository.Url, Commit = request.Revision.Sha, TreeId = request.Source.TreeId, BuilderVersion = Version, BuiltAt = DateTimeOffset.UnixEpoch },
            Size = 1,
        }));
    public ValueTask StopAsync(string buildId, CancellationToken cancellationToken) => default;
}

/// <summary>Keeps no logs.</summary>
internal sealed class NoOpLogs : ILogStore
{
    private sealed class Writer : ILogWriter
    {
        public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken) => ValueTask.FromResult(0L);
        public ValueTask CompleteAsync(CancellationToken cancellationToken) => default;
        public ValueTask DisposeAsync() => default;
    }

    private static readonly Writer Nowhere = new();

    public ValueTask<ILogWriter> OpenAsync(LogId log, CancellationToken cancellationToken) => ValueTask.FromResult<ILogWriter>(Nowhere);
    public ValueTask<LogChunk> ReadAsync(LogId log, long offset, int maxBytes, CancellationToken cancellationToken) => ValueTask.FromResult(new LogChunk(0, default, true));
    public IAsyncEnumerable<LogChunk> TailAsync(LogId log, long offset, CancellationToken cancellationToken) => AsyncEnumerable.Empty<LogChunk>();
    public ValueTask<IReadOnlyList<LogId>> ListAsync(LogId prefix, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<LogId>>([]);
    public ValueTask DeleteAsync(LogId prefix, CancellationToken cancellationToken) => default;
}

internal static class NoOpFlowBuilderExtensions
{
    public const string Name = "no-op";

    /// <summary>Source, builder and runtime, all named <c>no-op</c>, and three steps of the host before each deployment.</summary>
    public static IFlowBuilder AddNoOps(this IFlowBuilder builder)
    {
        foreach (var step in new[] { "no-op-1", "no-op-2", "no-op-3" }) builder.AddRunStep<NoOpStep>(step, WellKnownSteps.Deploy, after: false);
        return builder.AddProvider<ISourceProvider>(Name, _ => new NoOpSource()).AddProvider<IBuilder>(Name, _ => new NoOpBuilder()).AddProvider<IRuntime>(Name, _ => new NoOpRuntime());
    }

    /// <summary>A pipeline that does nothing in so many apps, each of which deploys <c>main</c> once the gates allow it.</summary>
    public static PipelineDefinition Pipeline(string name, int apps, params IReadOnlyList<string> gates) => new()
    {
        Name = PipelineName.Parse(name),
        Repository = new() { Url = "https://git.example.org/no-op.git" },
        Source = Name,
        Builder = Name,
        Runtime = Name,
        LookInterval = TimeSpan.FromDays(1),
        Apps = [.. Enumerable.Range(1, apps).Select(n => new AppDefinition { Name = AppName.Parse($"{name}-{n}"), Stage = Stage.Staging, Branch = "main", Gates = gates })],
    };
}
