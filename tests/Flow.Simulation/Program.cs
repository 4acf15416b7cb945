using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Flow.Testing.Simulation;
using Flow.Testing.Simulation.Planting;

// dotnet run -c Release --project tests/Flow.Simulation -- COUNT [--from SEED] [--planted [NAME]] [--tell]
// --planted then plants each fault of the catalogue (or the one that is named), and searches for the first seed that sees it.
// --tell tells the whole story of the first violating seed, or of the seed when COUNT is 1; with --planted NAME, of a seed with that fault in it.
// The last line is one JSON object.
var count = args.Length > 0 && long.TryParse(args[0], CultureInfo.InvariantCulture, out var given) ? given : 1_000;
var from = long.Parse(Option("--from") ?? "1", CultureInfo.InvariantCulture);
var tells = args.Contains("--tell");
var searches = args.Contains("--planted") && !tells ? PlantedFaults.Named(Option("--planted")) : [];
var planted = tells && Option("--planted") is { } name ? PlantedFaults.Named(name)[0] : PlantedFault.None;

// Ctrl+C, or a time-out around it: it ends with what was done, and that is no success.
using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var result = new Campaign(count, from, seed => Simulation.Run(seed, planted), seed => Tell(seed), new Progress()).Run(stop.Token);

foreach (var violating in result.Violating.Skip(1)) Console.WriteLine($"Seed {violating.Seed} violates '{violating.Invariant!.Name}': {violating.Violation}");
if (result.First is { } first)
{
    Console.WriteLine($"Seed {first.Seed} violates '{first.Invariant!.Name}': {first.Violation}");
    Console.WriteLine(tells ? "The whole story:" : "The short story (--tell for the whole):");
    foreach (var line in first.Story) Console.WriteLine("  " + line);
}
else if (count == 1 && tells)
{
    foreach (var line in Tell(from).Story) Console.WriteLine("  " + line);
}
foreach (var unmet in result.Unmet) Console.WriteLine($"Too rare: '{unmet.Name}' was met {result.Situations[unmet.Name]} times. {unmet.Meaning}");
var found = PlantedFaults.Search(searches, from, count, stop.Token);
Dictionary<string, object?> told = new()
{
    ["seeds"] = result.Seeds,
    ["steps"] = result.Steps,
    ["violations"] = result.Violations,
    ["firstViolatingSeed"] = result.First?.Seed,
    ["seconds"] = Math.Round(result.Elapsed.TotalSeconds, 1),
    ["situations"] = result.Situations,
};
if (searches.Count > 0) (told["planted"], told["found"], told["faults"]) = (searches.Count, found.Count(f => f.Seed is not null), found);
Console.WriteLine(JsonSerializer.Serialize(told, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase }));
return result.Holds && found.All(f => f.Seed is not null) ? 0 : 1;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

FlowSimulationResult Tell(long seed)
{
    var story = Simulation.Run(seed, planted, tells: true);
    return tells ? story : story with { Story = Stories.Short(story) };
}

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length && !args[at + 1].StartsWith('-') ? args[at + 1] : null;

/// <summary>Told where it happens, so that no line comes after the last.</summary>
internal sealed class Progress : IProgress<FlowCampaignProgress>
{
    private TimeSpan told;

    public void Report(FlowCampaignProgress value)
    {
        if (value.Elapsed - told < TimeSpan.FromSeconds(5)) return;
        told = value.Elapsed;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Seeds} seeds, {value.Violations} violations, {value.Seeds / value.Elapsed.TotalSeconds:N0} seeds/s"));
    }
}
