using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Flow.Testing.Simulation.Planting;

/// <summary>The proof can fail: every planted fault must be found, and the first seed that sees it is told.</summary>
internal static class PlantedFaults
{
    public static int Search(string? name, long from, long most)
    {
        var faults = name is null or ['-', ..] ? PlantedFault.All : [Named(name)];
        var clock = Stopwatch.StartNew();
        var searches = FaultFinder.FindAll(faults, from, (int)Math.Min(most, int.MaxValue));
        foreach (var search in searches)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{search.Fault.Name,-26} {(search.Found is { } found ? $"seed {found.Seed,5}  {found.Invariant!.Name}: {Short(found.Violation!)}" : $"NOT FOUND in {search.Seeds} seeds: {search.Fault.Broken}")}"));
        var seen = searches.Count(s => s.Found is not null);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            planted = faults.Count,
            found = seen,
            seeds = searches.Sum(s => s.Seeds),
            seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
            faults = searches.Select(s => new { name = s.Fault.Name, broken = s.Fault.Broken, harm = s.Fault.Harm, seed = s.Found?.Seed, invariant = s.Found?.Invariant?.Name, violation = s.Found?.Violation is { } violation ? Short(violation) : null }),
        }));
        return seen == faults.Count ? 0 : 1;
    }

    public static PlantedFault Named(string name) =>
        PlantedFault.Find(name) ?? throw new ArgumentException($"There is no planted fault '{name}'; there are {string.Join(", ", PlantedFault.All.Concat(PlantedFault.Harmless))}.");

    private static string Short(string violation) => violation.Split('\n')[0] is { Length: > 200 } line ? line[..200] + "..." : violation.Split('\n')[0];
}
