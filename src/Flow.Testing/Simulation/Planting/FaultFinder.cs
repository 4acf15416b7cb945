namespace Flow.Testing.Simulation.Planting;

/// <summary>What the search for a planted fault came to.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Seeds">How many seeds were played.</param>
/// <param name="Found">What the first violating seed came to; null when none did.</param>
internal sealed record FaultSearch(PlantedFault Fault, int Seeds, FlowSimulationResult? Found);

/// <summary>Plays seed after seed until one sees what is planted.</summary>
internal static class FaultFinder
{
    public static FaultSearch Find(PlantedFault fault, long from, int most, CancellationToken cancellationToken = default)
    {
        var played = 0;
        while (played < most && !cancellationToken.IsCancellationRequested)
            if (Simulation.Run(from + played++, fault) is { Violation: not null } found) return new(fault, played, found);
        return new(fault, played, null);
    }

    /// <summary>All of them, as many at once as there are processors; each tells when it is done. When it is cancelled, the rest is not found.</summary>
    public static IReadOnlyList<FaultSearch> FindAll(IReadOnlyList<PlantedFault> faults, long from, int most, Action<FaultSearch>? tell = null, CancellationToken cancellationToken = default)
    {
        FaultSearch[] searches = [.. faults.Select(f => new FaultSearch(f, 0, null))];
        OwnThreads.Share(faults.Count, at =>
        {
            searches[at] = Find(faults[(int)at], from, most, cancellationToken);
            tell?.Invoke(searches[at]);
        }, cancellationToken);
        return searches;
    }
}
