using System.Diagnostics;
using System.Globalization;
using Flow.Apps;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Engine;
using Flow.Logs;
using Flow.Pipelines;
using Flow.Retention;
using Flow.Routing;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Storage;
using Flow.Storage.Sqlite;
using Flow.Testing.Fakes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Reliability.Tests.Soaks;

/// <summary>
/// The child with the whole engine on a SQLite file and an outside that does nothing: rounds of light runs, an hour apart on a clock that it turns, with everything
/// kept for an hour. After each round and its sweep it prints what is left: runs so far, pages in use, pages of the file, bytes of its write-ahead log, live bytes, handles.
/// </summary>
internal sealed class ManyRuns : IAsyncDisposable
{
    public const string Name = "many-runs", Destroyed = "destroyed-apps";
    private const int Apps = 64, RunsOfAnApp = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2), Pause = TimeSpan.FromMilliseconds(5);
    private readonly FakeTimeProvider clock = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FakeSource source = new();
    private readonly string path;
    private readonly IHost host;
    private long position;

    private ManyRuns(string path)
    {
        this.path = path;
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton<IRouter>(new FakeRouter()).AddSingleton<ILogStore>(new MemoryLogStore()).AddSingleton<TimeProvider>(clock);
        builder.Services.AddFlow(configure: o => (o.Retention, o.InspectInterval) = (TimeSpan.FromHours(1), TimeSpan.FromDays(1))).UseSqlite(path)
            .AddProvider<ISourceProvider>("git", _ => source).AddProvider<IBuilder>("local", _ => new FakeBuilder()).AddProvider<IRuntime>("local", _ => new FakeRuntime());
        host = builder.Build();
        source.Push("main", CommitSha.Parse(1.ToString("x40", CultureInfo.InvariantCulture)));
    }

    private IFlowStore Store => host.Services.GetRequiredService<IFlowStore>();
    private FlowMailbox Mailbox => host.Services.GetRequiredService<FlowMailbox>();

    public static async Task<int> RunAsync(string path, int runs)
    {
        await using var engine = await StartAsync(path);
        for (var done = 0; done < runs;)
        {
            for (var i = 0; i < RunsOfAnApp; i++)
                for (var app = 1; app <= Apps; app++) await engine.Mailbox.PostAsync(AppDecider.StreamOf(NameOf(app)), new RestartProcesses("soak"));
            await engine.EndedAsync(RunsOfAnApp * Apps);
            done += RunsOfAnApp * Apps;
            await engine.ForgetAsync();
            engine.Say(done);
        }
        return 0;
    }

    /// <summary>Apps that come and go, and never come back: what is left of them, as many lines as rounds.</summary>
    public static async Task<int> RunDestroyedAsync(string path, int apps)
    {
        await using var engine = await StartAsync(path);
        await engine.ForgetAsync();
        engine.Say(0);
        for (var round = 1; round <= 4; round++)
        {
            var names = Enumerable.Range(1, apps / 4).Select(n => AppName.Parse($"gone-{round}-{n}")).ToList();
            await engine.DeclareAsync("gone", names);
            foreach (var name in names) await engine.Mailbox.PostAsync(AppDecider.StreamOf(name), new DestroyApp("soak", "soak"));
            await engine.EventsAsync("app.destroyed", names.Count);
            await engine.ForgetAsync();
            engine.Say(round * apps / 4);
        }
        return 0;
    }

    private static async Task<ManyRuns> StartAsync(string path)
    {
        var engine = new ManyRuns(path);
        await engine.host.StartAsync();
        await engine.DeclareAsync("shop", [.. Enumerable.Range(1, Apps).Select(NameOf)]);
        await engine.EndedAsync(Apps);
        return engine;
    }

    private static AppName NameOf(int app) => AppName.Parse(string.Create(CultureInfo.InvariantCulture, $"shop-{app}"));

    private async Task DeclareAsync(string name, IReadOnlyList<AppName> apps) => (await host.Services.GetRequiredService<IPipelines>().DeclareAsync(new()
    {
        Name = PipelineName.Parse(name),
        Repository = new() { Url = "fake" },
        LookInterval = TimeSpan.FromDays(1),
        DrainDeadline = TimeSpan.Zero,
        Apps = [.. apps.Select(app => new AppDefinition { Name = app, Stage = Stage.Staging, Branch = name == "shop" ? "main" : null })],
    })).OrThrow();

    private Task EndedAsync(int runs) => EventsAsync("app.run-ended", runs);

    /// <summary>Until so many more have happened.</summary>
    private async Task EventsAsync(string type, int times)
    {
        for (var since = Stopwatch.StartNew(); times > 0;)
        {
            var page = await Store.ReadEventsAsync(position, 1_000, default);
            times -= page.Count(e => e.Type == type);
            if (page.Count > 0) position = page[^1].Position;
            else await Task.Delay(Pause);
            if (since.Elapsed > Patience) throw new TimeoutException($"{times} times {type} are missing.");
        }
    }

    /// <summary>An hour later: runs forget themselves, and the sweep takes their history.</summary>
    private async Task ForgetAsync()
    {
        var since = Stopwatch.StartNew();
        clock.Advance(TimeSpan.FromMinutes(61));
        while (await Store.ListAsync("run", null, 1, default) is { Count: > 0 })
        {
            if (since.Elapsed > Patience) throw new TimeoutException("Runs are not forgotten.");
            await Task.Delay(Pause);
        }
        clock.Advance(TimeSpan.FromMinutes(61));
        await host.Services.GetRequiredService<RetentionSweep>().RoundAsync(default);
        // Freed pages go back to the disk while nobody waits; some stay.
        while (Number("PRAGMA freelist_count") > Math.Max(256, Number("PRAGMA page_count") / 8))
        {
            if (since.Elapsed > Patience) throw new TimeoutException("Free pages do not go back to the disk.");
            await Task.Delay(Pause);
        }
        if (position > 0 && await Store.CountEventsAsync(default) > 0) throw new InvalidOperationException($"{await Store.CountEventsAsync(default)} events are left.");
    }

    private void Say(int runs) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{runs} {Number("PRAGMA page_count") - Number("PRAGMA freelist_count")} {Number("PRAGMA page_count")} {new FileInfo(path + "-wal").Length} {Footprint.Now()}"));

    private long Number(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
