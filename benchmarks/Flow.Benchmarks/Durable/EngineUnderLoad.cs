using System.Diagnostics;
using Flow.Apps;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Runs;
using Flow.Storage;
using Flow.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Flow.DependencyInjection;

namespace Flow.Benchmarks.Durable;

/// <summary>Which commits on the tape were measured, and how long they took.</summary>
internal sealed record MeasuredRuns(int From, int To, TimeSpan Time)
{
    public double CommitsPerSecond => (To - From) / Time.TotalSeconds;
}

/// <summary>
/// The whole engine on a SQLite file: the loop that claims, the pump, the deciders of apps and runs. Only the world outside does nothing. Each app has a release
/// already; a run is a restart of its app: three steps of the host, then deploy, switch and retire.
/// </summary>
internal sealed class EngineUnderLoad : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly SqliteFlowStore sqlite;
    private readonly TapingStore store;
    private readonly CommitTape? tape;
    private readonly IHost host;

    private EngineUnderLoad(string path, CommitTape? tape)
    {
        this.tape = tape;
        tape?.Rewind();
        sqlite = new(new() { Path = path }, TimeProvider.System, NullLogger<SqliteFlowStore>.Instance);
        store = new(sqlite, tape);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging(l => l.SetMinimumLevel(LogLevel.Warning).AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
        builder.Services.AddSingleton<IFlowStore>(store).AddSingleton<Routing.IRouter>(new NoOpRouter()).AddSingleton<Logs.ILogStore>(new NoOpLogs());
        builder.Services.AddFlow().AddNoOps();
        host = builder.Build();
    }

    private FlowMailbox Mailbox => host.Services.GetRequiredService<FlowMailbox>();

    /// <summary>Started, with these pipelines, once so many events of a type have been committed.</summary>
    public static async Task<EngineUnderLoad> StartAsync(string path, CommitTape? tape, IReadOnlyList<PipelineDefinition> pipelines, string until, int times)
    {
        var engine = new EngineUnderLoad(path, tape);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.store.Happened = (_, type) =>
        {
            if (type == until && Interlocked.Decrement(ref times) == 0) all.TrySetResult();
        };
        await engine.host.StartAsync();
        foreach (var pipeline in pipelines) await engine.host.Services.GetRequiredService<PipelineService>().PostAsync(pipeline, default);
        await all.Task.WaitAsync(Patience);
        engine.store.Happened = (_, _) => { };
        return engine;
    }

    /// <summary>
    /// A closed loop: each app's next run is asked for when it hears that the one before has ended. The clock stops with the last of <paramref name="runs"/>,
    /// while the others of the loop are still under way.
    /// </summary>
    public async Task<MeasuredRuns> RunAsync(IReadOnlyList<AppName> apps, int runs)
    {
        var over = new TaskCompletionSource<(int, long)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = 0;
        store.Happened = (app, type) =>
        {
            if (type != "app.run-ended") return;
            var n = Interlocked.Increment(ref ended);
            if (n == runs) over.TrySetResult((tape?.Count ?? 0, Stopwatch.GetTimestamp()));
            if (n < runs) _ = AskAsync(app);
        };
        var (from, started) = (tape?.Count ?? 0, Stopwatch.GetTimestamp());
        foreach (var app in apps) _ = AskAsync(AppDecider.StreamOf(app));
        var (to, stopped) = await over.Task.WaitAsync(Patience);
        return new(from, to, Stopwatch.GetElapsedTime(started, stopped));
    }

    /// <summary>Seconds from one step's end to the next one's, as the store is told of them, in the runs that were measured.</summary>
    public IEnumerable<double> StepSeconds(MeasuredRuns measured)
    {
        Dictionary<StreamId, long> last = [];
        foreach (var commit in tape!.Commits.Skip(measured.From).Take(measured.To - measured.From).Where(c => c.Changes && c.Stream.Kind == RunDecider.Kind && c.Version > 0))
        {
            if (commit.StepEnds && last.TryGetValue(commit.Stream, out var before)) yield return Stopwatch.GetElapsedTime(before, commit.At).TotalSeconds;
            last[commit.Stream] = commit.At;
        }
    }

    private async Task AskAsync(StreamId app) => await Mailbox.PostAsync(app, new RestartProcesses("benchmark"));

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        await sqlite.DisposeAsync();
    }
}
