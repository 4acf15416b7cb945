using Flow.Apps;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Logs;
using Flow.Pipelines;
using Flow.Routing;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>A host with the real engine on a real file; the outside is fake.</summary>
internal sealed class FakeHost : IAsyncDisposable
{
    public static readonly PipelineName Shop = PipelineName.Parse("shop");
    public static readonly AppName Staging = AppName.Parse("shop-staging");
    private readonly IHost host;

    public FakeHost(string database, TimeProvider? clock = null, Action<Flow.Engine.FlowOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging(l => l.SetMinimumLevel(LogLevel.Critical));
        builder.Services.AddSingleton<IRouter>(Router).AddSingleton<ILogStore>(new MemoryLogStore()).AddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddFlow(configure: configure).UseSqlite(database)
            .AddProvider<ISourceProvider>("git", _ => Source).AddProvider<IBuilder>("local", _ => Builder).AddProvider<IRuntime>("local", _ => Runtime);
        builder.Services.AddHealthChecks().AddFlow();
        host = builder.Build();
    }

    public FakeSource Source { get; } = new();
    public FakeBuilder Builder { get; } = new();
    public FakeRuntime Runtime { get; } = new();
    public FakeRouter Router { get; } = new();

    public IPipelines Pipelines => host.Services.GetRequiredService<IPipelines>();
    public IApps Apps => host.Services.GetRequiredService<IApps>();
    public IStoreOwnership Ownership => host.Services.GetRequiredService<IStoreOwnership>();
    public IFlowStore Store => host.Services.GetRequiredService<IFlowStore>();
    public CancellationToken Stopping => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    public static CommitSha Commit(int n) => CommitSha.Parse(n.ToString("x40"));

    public static PipelineDefinition Definition => new()
    {
        Name = Shop,
        Repository = new() { Url = "fake" },
        LookInterval = TimeSpan.FromMilliseconds(200),
        Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main" }],
        DrainDeadline = TimeSpan.FromSeconds(1),
    };

    public Task StartAsync() => host.StartAsync();

    public async Task<HealthReportEntry> HealthAsync() => (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["flow"];

    public async Task<bool> IsDeployedAsync(int commit) =>
        await Apps.GetAsync(Staging) is { Candidates.Count: 0, CurrentRelease.Revision: { } revision } && revision.Sha == Commit(commit);

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
