using Flow.Benchmarks.Measuring;

namespace Flow.Benchmarks.Durable;

/// <summary>What durability and the engine around it cost, over the bare statements.</summary>
internal static class DurableFigures
{
    public const string At64 = "durable-overhead-64", Alone = "durable-overhead-1", StepP99 = "step-p99", StepP99Alone = "step-p99-1";
    public static readonly IReadOnlyList<string> Names = [At64, Alone, StepP99, StepP99Alone];
    private const int InFlight = 64, Together = 64, RunsAt64 = 1_024, RunsAlone = 64, Count = 7, WarmUpRuns = 8_000;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(IReadOnlySet<string> wanted)
    {
        // What an engine that has been up for a while does is measured, not how its code is compiled.
        await WarmUpAsync(WarmUpRuns);
        var tape = new CommitTape();
        Pairs at64 = new(), alone = new(), p99 = new(), p99Alone = new();
        for (var pair = 0; pair <= Count; pair++)
        {
            var loaded = await OnceAsync(tape, InFlight, RunsAt64, Together);
            var single = await OnceAsync(tape, 1, RunsAlone, 1);
            // The first pair warms up the rest.
            if (pair == 0) continue;
            at64.Add(loaded.Engine, loaded.Raw);
            alone.Add(single.Engine, single.Raw);
            p99.Add(P99(loaded.Steps), P99(single.Transactions));
            p99Alone.Add(P99(single.Steps), P99(single.Transactions));
            Teller.Say(FormattableString.Invariant($"{loaded.Engine:0}/{loaded.Raw:0} at 64, {single.Engine:0}/{single.Raw:0} alone; ms p50/p99: step {P50(loaded.Steps):0.00}/{P99(loaded.Steps):0.00} at 64, {P50(single.Steps):0.00}/{P99(single.Steps):0.00} alone; bare transaction of 64 {P50(loaded.Transactions):0.00}/{P99(loaded.Transactions):0.00}, of one {P50(single.Transactions):0.00}/{P99(single.Transactions):0.00}; {loaded.Bytes:0} bytes a commit"));
        }
        IReadOnlyList<Figure> figures =
        [
            at64.ToFigure(At64, "commits/s", "ratio at least 0.6", p => p.Ratio >= 0.6),
            alone.ToFigure(Alone, "commits/s", "ratio at least 0.6", p => p.Ratio >= 0.6),
            p99.ToFigure(StepP99, "ms", "ratio at most 5", p => p.Ratio <= 5),
            p99Alone.ToFigure(StepP99Alone, "ms", "ratio at most 5", p => p.Ratio <= 5),
        ];
        return [.. figures.Where(f => wanted.Contains(f.Name))];

        static double P50(List<double> seconds) => Pairs.Percentile(seconds, 0.5) * 1_000;
        static double P99(List<double> seconds) => Pairs.Percentile(seconds, 0.99) * 1_000;
    }

    /// <summary>Returns commits per second, for whoever profiles.</summary>
    public static async Task WarmUpAsync(int runs)
    {
        using var scratch = new Scratch();
        var pipeline = NoOpFlowBuilderExtensions.Pipeline("load", InFlight);
        await using var engine = await EngineUnderLoad.StartAsync(scratch.In("engine.db"), null, [pipeline], "app.run-ended", InFlight);
        await engine.RunAsync([.. pipeline.Apps.Select(a => a.Name)], runs);
    }

    private static async Task<(double Engine, double Raw, List<double> Steps, List<double> Transactions, double Bytes)> OnceAsync(CommitTape tape, int inFlight, int runs, int together)
    {
        using var scratch = new Scratch();
        var pipeline = NoOpFlowBuilderExtensions.Pipeline("load", inFlight);
        MeasuredRuns measured;
        List<double> steps;
        await using (var engine = await EngineUnderLoad.StartAsync(scratch.In("engine.db"), tape, [pipeline], "app.run-ended", inFlight))
        {
            measured = await engine.RunAsync([.. pipeline.Apps.Select(a => a.Name)], runs);
            steps = [.. engine.StepSeconds(measured)];
        }
        using var raw = new BareStatements(scratch.In("raw.db"), tape);
        raw.Write(0, measured.From, Together);
        var transactions = raw.Write(measured.From, measured.To, together);
        return (measured.CommitsPerSecond, (measured.To - measured.From) / transactions.Sum(), steps, transactions, (double)tape.Bytes / tape.Count);
    }
}
