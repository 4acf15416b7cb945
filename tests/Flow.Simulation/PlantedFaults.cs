using System.Globalization;
using Flow.Testing.Simulation.Planting;

/// <summary>The proof can fail: every planted fault must be found, and the first seed that sees it is told.</summary>
internal static class PlantedFaults
{
    /// <summary>However small a campaign is: the rarest fault takes a few hundred seeds.</summary>
    private const int SeedsAtLeast = 3_000;

    /// <summary>What became of the search for one.</summary>
    internal sealed record Outcome(string Name, string Broken, string Harm, long? Seed, string? Invariant, string? Violation);

    public static IReadOnlyList<Outcome> Search(IReadOnlyList<PlantedFault> faults, long from, long most, CancellationToken cancellationToken)
    {
        if (faults.Count > 0) Console.WriteLine($"Searching for {faults.Count} planted faults:");
        var seeds = (int)Math.Clamp(most, SeedsAtLeast, int.MaxValue);
        return [.. FaultFinder.FindAll(faults, from, seeds, search => Tell(search, seeds), cancellationToken).Select(ToOutcome)];
    }

    /// <summary>All of them when no name is given.</summary>
    public static IReadOnlyList<PlantedFault> Named(string? name) => name is null ? PlantedFault.All : PlantedFault.Find(name) is { } fault ? [fault]
        : throw new ArgumentException($"There is no planted fault '{name}'; there are {string.Join(", ", PlantedFault.All.Concat(PlantedFault.Harmless))}.");

    private static void Tell(FaultSearch search, int most) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{search.Fault.Name,-26} {(search.Found is { } found ? $"seed {found.Seed,5}  {found.Invariant!.Name}: {Short(found.Violation!)}" : $"{(search.Seeds < most ? "cut short after" : "NOT FOUND in")} {search.Seeds} seeds: {search.Fault.Broken}")}"));

    private static Outcome ToOutcome(FaultSearch search) =>
        new(search.Fault.Name, search.Fault.Broken, search.Fault.Harm, search.Found?.Seed, search.Found?.Invariant?.Name, search.Found?.Violation is { } violation ? Short(violation) : null);

    private static string Short(string violation) => violation.Split('\n')[0] is { Length: > 200 } line ? line[..200] + "..." : violation.Split('\n')[0];
}
