using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Flow.Testing.Simulation;
using Flow.Testing.Simulation.Planting;

// dotnet run -c Release --project tests/Flow.Simulation -- COUNT [--from SEED] [--planted [NAME]] [--tell]
// --planted plants each fault of the catalogue (or the one that is named) and searches up to COUNT seeds for the first that sees it.
// --tell tells the whole story of the first violating seed, or of the seed when COUNT is 1.
var count = args.Length > 0 && int.TryParse(args[0], CultureInfo.InvariantCulture, out var given) ? given : 1_000;
var from = int.Parse(Option("--from") ?? "1", CultureInfo.InvariantCulture);
if (args.Contains("--planted") && Faults(Option("--planted")) is { } faults && !(faults.Count == 1 && args.Contains("--tell"))) return PlantedFaults.Search(faults, from, args.Length > 0 && int.TryParse(args[0], CultureInfo.InvariantCulture, out _) ? count : 2_000);
var planted = args.Contains("--planted") ? Faults(Option("--planted"))[0] : PlantedFault.None;

var clock = Stopwatch.StartNew();
var violations = new ConcurrentDictionary<int, string>();
var situations = new ConcurrentDictionary<string, int>();
long steps = 0;
var done = 0;
Parallel.For(from, from + count, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
{
    var result = Simulation.Run(seed, planted);
    Interlocked.Add(ref steps, result.Steps);
    foreach (var (what, times) in result.Situations) situations.AddOrUpdate(what, times, (_, before) => before + times);
    if (result.Violation is { } violation) violations[seed] = violation;
    if (Interlocked.Increment(ref done) % 1_000 == 0) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} seeds, {violations.Count} violations, {done / clock.Elapsed.TotalSeconds:N0} seeds/s"));
});

foreach (var (seed, violation) in violations.OrderBy(v => v.Key).Take(5)) Console.WriteLine($"seed {seed}: {violation}");
int? first = violations.IsEmpty ? null : violations.Keys.Min();
if (first is { } failed)
{
    // The same seed is the same story, told this time: its end is what led to the violation.
    var story = Simulation.Run(failed, planted, tells: true).Story;
    Console.WriteLine($"The story of seed {failed} ({story.Count} lines{(args.Contains("--tell") ? "" : ", the last 60; --tell for all")}):");
    foreach (var line in args.Contains("--tell") ? story : story.TakeLast(60)) Console.WriteLine("  " + line);
}
else if (count == 1 && args.Contains("--tell"))
{
    foreach (var line in Simulation.Run(from, planted, tells: true).Story) Console.WriteLine("  " + line);
}
Console.WriteLine(JsonSerializer.Serialize(new
{
    seeds = count,
    steps,
    violations = violations.Count,
    firstViolatingSeed = first,
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
    situations = new SortedDictionary<string, int>(situations, StringComparer.Ordinal),
}));
return violations.IsEmpty ? 0 : 1;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

static IReadOnlyList<PlantedFault> Faults(string? name) => name is null or ['-', ..] ? PlantedFault.All
    : PlantedFault.Find(name) is { } fault ? [fault]
    : throw new ArgumentException($"There is no planted fault '{name}'; there are {string.Join(", ", PlantedFault.All.Concat(PlantedFault.Harmless))}.");
