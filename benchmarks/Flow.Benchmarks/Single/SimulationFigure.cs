using System.Diagnostics;
using Flow.Benchmarks.Measuring;
using Flow.Testing.Simulation;

namespace Flow.Benchmarks.Single;

/// <summary>Seeds that the simulator plays to their end in a second, on all processors.</summary>
internal static class SimulationFigure
{
    public const string Name = "simulation-throughput";
    public static readonly IReadOnlyList<string> Names = [Name];
    private const int Times = 5, Seeds = 400;

    public static Task<IReadOnlyList<Figure>> MeasureAsync(IReadOnlySet<string> wanted)
    {
        List<double> taken = [];
        for (var time = 0; time <= Times; time++)
        {
            var started = Stopwatch.GetTimestamp();
            Parallel.For(time * Seeds + 1, (time + 1) * Seeds + 1, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
            {
                if (Simulation.Run(seed).Violation is { } violation) throw new InvalidOperationException($"Seed {seed}: {violation}");
            });
            if (time > 0) taken.Add(Seeds / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        Teller.Say($"{Name}, seeds/s: {string.Join("  ", taken.Select(t => t.ToString("0", null)))}");
        // 20,000 seeds in the four minutes that the test run has for them.
        return Task.FromResult<IReadOnlyList<Figure>>([new()
        {
            Name = Name, Value = Pairs.Median(taken), Unit = "seeds/s", Goal = "at least 84 seeds/s", Met = Pairs.Median(taken) >= 84, Pairs = taken.Count,
        }]);
    }
}
