using Flow.Benchmarks.Durable;
using Flow.Benchmarks.Measuring;

namespace Flow.Benchmarks.Hosts;

/// <summary>What Flow adds to its host: memory, idle and with 10,000 open runs, and time to be working again after a crash.</summary>
internal static class HostFigures
{
    public const string Idle = "memory-idle", Open = "memory-10000-open-runs", Restart = "restart-10000-open-runs", BareVerb = "bare-host", FlowVerb = "flow-host";
    public static readonly IReadOnlyList<string> Names = [Idle, Open, Restart];
    private const int Count = 5, Pipelines = 100, AppsEach = 100;
    private const double Megabyte = 1_000_000;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(IReadOnlySet<string> wanted)
    {
        using var scratch = new Scratch();
        string bare = scratch.In("bare"), empty = scratch.In("empty"), full = scratch.In("full");
        foreach (var directory in new[] { bare, empty, full }) Directory.CreateDirectory(directory);
        // Each start finds a run of its own that waits to be approved.
        var probes = NoOpFlowBuilderExtensions.Pipeline("probe", Count + 1, "approval");
        await SeedAsync(empty, [probes]);
        await SeedAsync(full, [probes, .. Enumerable.Range(1, Pipelines).Select(n => NoOpFlowBuilderExtensions.Pipeline($"open-{n}", AppsEach, "approval"))]);

        Pairs idle = new(), open = new(), restart = new();
        for (var pair = 0; pair <= Count; pair++)
        {
            var (_, bareBytes) = await OnceAsync(BareVerb, bare);
            var (emptyTime, emptyBytes) = await OnceAsync(FlowVerb, empty, $"probe-{pair + 1}.1");
            var (fullTime, fullBytes) = await OnceAsync(FlowVerb, full, $"probe-{pair + 1}.1");
            // The first pair only fills the page cache.
            if (pair == 0) continue;
            idle.Add(emptyBytes / Megabyte, bareBytes / Megabyte);
            open.Add(fullBytes / Megabyte, bareBytes / Megabyte);
            restart.Add(fullTime.TotalMilliseconds, emptyTime.TotalMilliseconds);
        }
        Teller.Say($"{Idle}, MB: {idle.Told("0.0")}");
        Teller.Say($"{Open}, MB: {open.Told("0.0")}");
        Teller.Say($"{Restart}, ms: {restart.Told("0")}");
        IReadOnlyList<Figure> figures =
        [
            idle.ToFigure(Idle, "MB", "at most 10 MB over the baseline", p => p.Difference <= 10),
            open.ToFigure(Open, "MB", "at most 60 MB over the baseline", p => p.Difference <= 60),
            restart.ToFigure(Restart, "ms", "at most 300 ms over the baseline", p => p.Difference <= 300),
        ];
        return [.. figures.Where(f => wanted.Contains(f.Name))];
    }

    internal static async Task SeedAsync(string directory, IReadOnlyList<Pipelines.PipelineDefinition> pipelines)
    {
        var runs = pipelines.Sum(p => p.Apps.Count);
        await using var engine = await EngineUnderLoad.StartAsync(Path.Combine(directory, "flow.db"), null, pipelines, "run.parked", runs);
        Teller.Say($"{runs} runs wait for an approval in {new FileInfo(Path.Combine(directory, "flow.db")).Length / 1_000_000} MB");
    }

    private static async Task<(TimeSpan Working, long Bytes)> OnceAsync(string verb, params string[] arguments)
    {
        await using var host = new Child([verb, .. arguments]);
        var working = await host.UntilAsync("working");
        await Task.Delay(Quiet);
        return (working, host.ResidentBytes());
    }
}
