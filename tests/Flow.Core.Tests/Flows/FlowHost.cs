using Flow.Apps;
using Flow.DependencyInjection;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using Flow.ReviewApps;
using Flow.Routing;
using Flow.Runs;
using Flow.Sources;
using Flow.Storage;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flow.Core.Tests.Flows;

/// <summary>A real host with the real engine on the memory store; the outside is fake.</summary>
public sealed class FlowHost : IAsyncDisposable
{
    public static readonly PipelineName Shop = PipelineName.Parse("shop");
    public static readonly AppName Staging = AppName.Parse("shop-staging");
    public static readonly AppName Production = AppName.Parse("shop-production");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly IHost host;

    public FakeSource Source { get; } = new();
    public FakeBuilder Builder { get; } = new();
    public FakeRuntime Runtime { get; } = new();
    public FakeRouter Router { get; } = new();
    public FakeAddOns AddOns { get; } = new();
    public MemoryLogStore Logs { get; } = new();
    public IFlowStore Store { get; } = new MemoryFlowStore(TimeProvider.System);

    public FlowHost(Action<IFlowBuilder>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging(l => l.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddSingleton(Store).AddSingleton<IRouter>(Router).AddSingleton<Flow.Logs.ILogStore>(Logs);
        var flow = builder.Services.AddFlow();
        flow.AddProvider<ISourceProvider>("git", _ => Source).AddProvider<Flow.Builds.IBuilder>("local", _ => Builder)
            .AddProvider<Flow.Runtimes.IRuntime>("local", _ => Runtime).AddProvider<Flow.AddOns.IAddOnProvisioner>("db", _ => AddOns);
        configure?.Invoke(flow);
        host = builder.Build();
    }

    public IPipelines Pipelines => host.Services.GetRequiredService<IPipelines>();
    public IChecks Checks => host.Services.GetRequiredService<IChecks>();
    public IApps Apps => host.Services.GetRequiredService<IApps>();
    public IReleases Releases => host.Services.GetRequiredService<IReleases>();
    public Flow.Secrets.ISecretKeys Secrets => host.Services.GetRequiredService<Flow.Secrets.ISecretKeys>();
    internal FlowMailbox Mailbox => host.Services.GetRequiredService<FlowMailbox>();
    public IRuns Runs => host.Services.GetRequiredService<IRuns>();
    public IReviewApps ReviewApps => host.Services.GetRequiredService<IReviewApps>();
    public IServiceProvider Services => host.Services;

    public static CommitSha Commit(int n) => CommitSha.Parse(n.ToString("x40"));

    public static PipelineDefinition Definition => new()
    {
        Name = Shop,
        Repository = new() { Url = "fake" },
        LookInterval = TimeSpan.FromMilliseconds(200),
        Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main" }, new() { Name = Production, Stage = Stage.Production }],
        ReviewApps = new(),
        AddOns = [new() { Name = "data", Provider = "db" }],
        DrainDeadline = TimeSpan.FromSeconds(1),
    };

    public async Task<FlowHost> StartAsync(PipelineDefinition? definition = null)
    {
        await host.StartAsync();
        (await Pipelines.DeclareAsync(definition ?? Definition)).OrThrow();
        return this;
    }

    /// <summary>Polls until it is so; fails with what is, after a while.</summary>
    public async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> so, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var now = await read();
            if (so(now)) return now;
            if (patience.IsCancellationRequested) throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}. It is: {now}\n{await HistoryAsync()}");
            await Task.Delay(10);
        }
    }

    /// <summary>All that happened, for whoever reads a failure.</summary>
    private async Task<string> HistoryAsync() =>
        string.Join('\n', (await Store.ReadEventsAsync(0, 10_000, default)).Select(e => $"{e.Position} {e.Stream} v{e.Version} {e.Type}")) + "\n" + string.Join("\n", (await Store.ListAsync("app", null, 100, default)).Concat(await Store.ListAsync("run", null, 100, default)).Concat(await Store.ListAsync("pipeline", null, 9, default)).Select(s => $"0 {s.Stream} is at v{s.Version}{(s.Owes ? ", owes" : "")}"));

    public Task<AppState> AppAsync(AppName app, Func<AppState, bool> so, string what) =>
        UntilAsync(async () => await Apps.GetAsync(app) ?? new(), so, $"{app}: {what}");

    public Task<AppState> DeployedAsync(AppName app, int commit) =>
        AppAsync(app, a => a.CurrentRelease?.Revision?.Sha == Commit(commit) && a.Candidates.Count == 0, $"commit {commit} serves");

    public async Task<RunState> EndedAsync(RunId run) => await Runs.WaitAsync(run).AsTask().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
