using System.Globalization;
using Flow.Apps;
using Flow.Benchmarks.Durable;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Storage;
using Flow.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Benchmarks.Reviews;

/// <summary>The whole engine on a SQLite file, with one pipeline whose proposals get review apps; the world outside does nothing.</summary>
internal sealed class ReviewHost : IAsyncDisposable
{
    private static readonly PipelineName Shop = PipelineName.Parse("shop");
    private readonly SqliteFlowStore sqlite;
    private readonly TapingStore store;
    private readonly IHost host;

    private ReviewHost(string path)
    {
        sqlite = new(new() { Path = path }, TimeProvider.System, NullLogger<SqliteFlowStore>.Instance);
        store = new(sqlite, null);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging(l => l.SetMinimumLevel(LogLevel.Warning).AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
        builder.Services.AddSingleton<IFlowStore>(store).AddSingleton<Routing.IRouter>(new NoOpRouter()).AddSingleton<Logs.ILogStore>(new NoOpLogs()).AddSingleton<Secrets.ISecretProtector>(new PlainSecrets());
        builder.Services.AddFlow().AddProvider<ISourceProvider>("no-op", _ => Source).AddProvider<IBuilder>("no-op", _ => new NoOpBuilder()).AddProvider<IRuntime>("no-op", _ => new NoOpRuntime());
        host = builder.Build();
    }

    public ProposedSource Source { get; } = new();
    private IPipelines Pipelines => host.Services.GetRequiredService<IPipelines>();

    public static async Task<ReviewHost> StartAsync(string path, int open)
    {
        var started = new ReviewHost(path) { Source = { Open = open } };
        await started.host.StartAsync();
        (await started.Pipelines.DeclareAsync(new()
        {
            Name = Shop,
            Repository = new() { Url = "https://git.example.org/shop.git" },
            Source = "no-op",
            Builder = "no-op",
            Runtime = "no-op",
            LookInterval = TimeSpan.FromDays(1),
            ReviewApps = new(),
        })).OrThrow();
        return started;
    }

    /// <summary>Looks, and waits until so many releases have begun to serve and their scripts have run.</summary>
    public async Task UntilServingAsync(int apps)
    {
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Happened = (_, type) =>
        {
            if (type == "app.run-ended" && Interlocked.Decrement(ref apps) == 0) all.TrySetResult();
        };
        await LookAsync();
        await all.Task.WaitAsync(EngineUnderLoad.Patience);
        store.Happened = (_, _) => { };
    }

    public ValueTask LookAsync() => Pipelines.LookAsync(Shop);

    /// <summary>Plays a host on a store full of review apps: "reconciled N" after N calls for one look, with all of them listed.</summary>
    public static async Task PlayAsync(string directory, string apps)
    {
        var open = int.Parse(apps, CultureInfo.InvariantCulture);
        await using var played = await StartAsync(Path.Combine(directory, "flow.db"), open);
        var pipelines = played.Pipelines;
        while (await pipelines.GetAsync(Shop) is not { LookDue: false }) await Task.Delay(20);
        var (before, look) = (played.Source.Listings, (await pipelines.GetAsync(Shop))!.Look);
        await played.LookAsync();
        while (await pipelines.GetAsync(Shop) is not { LookDue: false } now || now.Look == look) await Task.Delay(20);
        var listed = await played.host.Services.GetRequiredService<IReviewApps>().ListAsync(Shop);
        if (listed.Count(a => a.Status == ReviewAppStatus.Created) != open) throw new InvalidOperationException($"{listed.Count(a => a.Status == ReviewAppStatus.Created)} of {open} review apps serve.");
        Console.WriteLine($"reconciled {played.Source.Listings - before}");
        await Task.Delay(Timeout.Infinite);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        await sqlite.DisposeAsync();
    }
}
