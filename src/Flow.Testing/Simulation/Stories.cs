using System.Text.RegularExpressions;

namespace Flow.Testing.Simulation;

/// <summary>Makes a story short enough to be read.</summary>
internal static partial class Stories
{
    /// <summary>The last lines about the apps, builds or proposals that the violation names, and what befell the world meanwhile.</summary>
    public static IReadOnlyList<string> Short(FlowSimulationResult told)
    {
        if (told.Violation is not { } violation) return [.. told.Story.TakeLast(FlowSimulation.StoryLines)];
        var names = Subject().Matches(violation).Select(m => m.Value).Distinct().ToList();
        if (names.Count == 0) return [.. told.Story.TakeLast(FlowSimulation.StoryLines)];
        return [.. told.Story.Where(line => names.Any(n => line.Contains(n, StringComparison.Ordinal)) || Befalls().IsMatch(line)).TakeLast(FlowSimulation.StoryLines)];
    }

    [GeneratedRegex(@"shop-[a-z0-9-]*[a-z0-9]|pr-\d+|\b[0-9a-f]{24}\b")]
    private static partial Regex Subject();

    [GeneratedRegex(@"VIOLATION|---|is killed|falls asleep|wakes up|clock of|goes down|come back|says that nothing|faults stop")]
    private static partial Regex Befalls();
}
