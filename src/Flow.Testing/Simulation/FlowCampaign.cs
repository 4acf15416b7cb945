using System.Diagnostics;

namespace Flow.Testing.Simulation;

/// <summary>Many seeds, on all processors.</summary>
public static class FlowCampaign
{
    /// <summary>
    /// Plays <paramref name="count"/> seeds from <paramref name="from"/> on, each on one thread. Cancelling ends it early with what was done; it does not throw.
    /// </summary>
    /// <param name="count">How many seeds; from <see cref="FlowSituations.PerSeeds"/> on, every situation must have been met often enough.</param>
    /// <param name="from">The first seed.</param>
    /// <param name="options">What takes part; null for the simulated adapters alone.</param>
    /// <param name="progress">Hears about once a second how far it is, on any thread.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static FlowCampaignResult Run(
        long count, long from = 1, FlowSimulationOptions? options = null, IProgress<FlowCampaignProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, long.MaxValue - count);
        return new Campaign(count, from, seed => Simulation.Run(seed, options: options), seed => FlowSimulation.Tell(seed, options), progress).Run(cancellationToken);
    }
}

/// <summary>How far a campaign is.</summary>
/// <param name="Seeds">Seeds played.</param>
/// <param name="Violations">Seeds that violated something.</param>
/// <param name="Elapsed">Time taken.</param>
public sealed record FlowCampaignProgress(long Seeds, long Violations, TimeSpan Elapsed);

/// <summary>What a campaign found.</summary>
public sealed record FlowCampaignResult
{
    /// <summary>Seeds played to their end.</summary>
    public required long Seeds { get; init; }

    /// <summary>Turns that chance has given, in all of them.</summary>
    public required long Steps { get; init; }

    /// <summary>Seeds that violated something.</summary>
    public required long Violations { get; init; }

    /// <summary>The lowest seed that violated something, with its short story; null when everything held.</summary>
    public FlowSimulationResult? First { get; init; }

    /// <summary>The lowest seeds that violated something, ten at most, without their stories.</summary>
    public IReadOnlyList<FlowSimulationResult> Violating { get; init; } = [];

    /// <summary>How often each of <see cref="FlowSituations.All"/> occurred.</summary>
    public required IReadOnlyDictionary<string, long> Situations { get; init; }

    /// <summary>Situations that were met too rarely for a campaign of this size; always empty for less than <see cref="FlowSituations.PerSeeds"/> seeds.</summary>
    public required IReadOnlyList<FlowSituation> Unmet { get; init; }

    /// <summary>Time taken.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Nothing was violated, and every situation was met often enough.</summary>
    public bool Holds => Violations == 0 && Unmet.Count == 0;
}

/// <summary>The seeds of one campaign, shared out among threads.</summary>
internal sealed class Campaign(long count, long from, Func<long, FlowSimulationResult> play, Func<long, FlowSimulationResult> tell, IProgress<FlowCampaignProgress>? progress)
{
    private const int MostViolating = 10;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, long> situations = new(FlowSituations.All.ToDictionary(s => s.Name, _ => 0L), StringComparer.Ordinal);
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private long taken;
    private long seeds, steps, violations;
    private readonly SortedDictionary<long, FlowSimulationResult> violating = [];
    private TimeSpan told;

    public FlowCampaignResult Run(CancellationToken cancellationToken)
    {
        // One after the other, not in blocks: what was done when it is cancelled is the beginning.
        Parallel.For(0, Environment.ProcessorCount, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, _ =>
        {
            while (!cancellationToken.IsCancellationRequested && Interlocked.Increment(ref taken) is var nth && nth <= count) Add(play(from + nth - 1));
        });
        var least = (double)FlowSituations.AtLeast * seeds / FlowSituations.PerSeeds;
        return new()
        {
            Seeds = seeds,
            Steps = steps,
            Violations = violations,
            // The same seed is the same story, told this time.
            First = violating.Count > 0 ? tell(violating.Keys.First()) : null,
            Violating = [.. violating.Values],
            Situations = situations,
            Unmet = seeds < FlowSituations.PerSeeds ? [] : [.. FlowSituations.All.Where(s => situations[s.Name] < least)],
            Elapsed = clock.Elapsed,
        };
    }

    private void Add(FlowSimulationResult result)
    {
        lock (gate)
        {
            seeds++;
            steps += result.Steps;
            foreach (var (what, times) in result.Situations) situations[what] = situations.GetValueOrDefault(what) + times;
            if (result.Violation is not null)
            {
                violations++;
                violating[result.Seed] = result;
                if (violating.Count > MostViolating) violating.Remove(violating.Keys.Last());
            }
            if (progress is null || clock.Elapsed - told < Interval) return;
            told = clock.Elapsed;
            progress.Report(new(seeds, violations, told));
        }
    }
}
