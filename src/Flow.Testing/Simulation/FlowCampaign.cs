using System.Diagnostics;

namespace Flow.Testing.Simulation;

/// <summary>Many seeds, on all processors.</summary>
public static class FlowCampaign
{
    /// <summary>
    /// Plays <paramref name="count"/> seeds from <paramref name="from"/> on, each on one thread. Cancelling ends it early with what was done, which does not hold then; it does not throw.
    /// </summary>
    /// <param name="count">How many seeds; from <see cref="FlowSituations.PerSeeds"/> on, every situation must have been met often enough.</param>
    /// <param name="from">The first seed.</param>
    /// <param name="options">What takes part; null for the simulated adapters alone.</param>
    /// <param name="progress">Hears about once a second how far it is, on any thread, never twice at once. One that throws hears nothing more, and the campaign goes on.</param>
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
    /// <summary>Seeds that were asked for.</summary>
    public required long Asked { get; init; }

    /// <summary>Seeds played to their end: fewer than <see cref="Asked"/> when it was cancelled.</summary>
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

    /// <summary>All seeds asked for were played, nothing was violated, and every situation was met often enough.</summary>
    public bool Holds => Seeds >= Asked && Violations == 0 && Unmet.Count == 0;
}

/// <summary>The seeds of one campaign, shared out among threads.</summary>
internal sealed class Campaign(long count, long from, Func<long, FlowSimulationResult> play, Func<long, FlowSimulationResult> tell, IProgress<FlowCampaignProgress>? progress)
{
    private const int MostViolating = 10;
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, long> situations = new(FlowSituations.All.ToDictionary(s => s.Name, _ => 0L), StringComparer.Ordinal);
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private long seeds, steps, violations;
    private readonly SortedDictionary<long, FlowSimulationResult> violating = [];
    private TimeSpan told;
    private bool telling;

    /// <summary>How often it says how far it is.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    public FlowCampaignResult Run(CancellationToken cancellationToken)
    {
        OwnThreads.Share(count, at =>
        {
            if (Add(play(from + at)) is { } far) Report(far);
        }, cancellationToken);
        var least = (double)FlowSituations.AtLeast * seeds / FlowSituations.PerSeeds;
        return new()
        {
            Asked = count,
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

    /// <summary>How far it is, when it is time to say so.</summary>
    private FlowCampaignProgress? Add(FlowSimulationResult result)
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
            if (progress is null || telling || clock.Elapsed - told < Interval) return null;
            (told, telling) = (clock.Elapsed, true);
            return new(seeds, violations, told);
        }
    }

    /// <summary>While the others play on. Whoever cannot listen does not end a proof: it hears nothing more.</summary>
    private void Report(FlowCampaignProgress far)
    {
        try
        {
            progress!.Report(far);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return;
        }
        lock (gate) telling = false;
    }
}
