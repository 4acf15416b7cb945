namespace Flow.Testing.Simulation.Planting;

/// <summary>What the search for a planted fault came to.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Seeds">How many seeds were played.</param>
/// <param name="Found">What the first violating seed came to; null when none did.</param>
internal sealed record FaultSearch(PlantedFault Fault, int Seeds, FlowSimulationResult? Found);

/// <summary>Plays seed after seed until one sees what is planted.</summary>
internal static class FaultFinder
{
    public static FaultSearch Find(PlantedFault fault, long from, int most)
    {
        for (var played = 1; played <= most; played++)
            if (Simulation.Run(from + played - 1, fault) is { Violation: not null } found) return new(fault, played, found);
        return new(fault, most, null);
    }

    /// <summary>All of them, as many at once as there are processors; each tells when it is done.</summary>
    public static IReadOnlyList<FaultSearch> FindAll(IReadOnlyList<PlantedFault> faults, long from, int most, Action<FaultSearch>? tell = null)
    {
        var searches = new FaultSearch[faults.Count];
        Parallel.For(0, faults.Count, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, at =>
        {
            searches[at] = Find(faults[at], from, most);
            tell?.Invoke(searches[at]);
        });
        return searches;
    }
}
