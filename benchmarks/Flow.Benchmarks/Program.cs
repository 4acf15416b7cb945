// ./bench.sh [NAME...]: measures all figures, or those that are named.
using System.Globalization;
using Flow.Benchmarks.AddOns;
using Flow.Benchmarks.Deploys;
using Flow.Benchmarks.Durable;
using Flow.Benchmarks.Hosts;
using Flow.Benchmarks.Measuring;
using Flow.Benchmarks.Reviews;
using Flow.Benchmarks.Single;
using Flow.Providers.Local.Supervision;

if (FlowSupervisor.TryRun(args, out var exitCode)) return exitCode;
switch (args)
{
    case [HostFigures.BareVerb, var directory]: await BareHost.RunAsync(directory); return 0;
    case [DeployFigures.Verb, var directory, var repository, var port, var routerPort]:
        await PaasHost.RunAsync(directory, repository, int.Parse(port, CultureInfo.InvariantCulture), int.Parse(routerPort, CultureInfo.InvariantCulture));
        return 0;
    case [ReviewFigures.Verb, var directory, var apps]: await ReviewHost.PlayAsync(directory, apps); return 0;
    case [HostFigures.FlowVerb, var directory, var run]: await FlowHost.RunAsync(directory, run); return 0;
}

(IReadOnlyList<string> Names, Func<IReadOnlySet<string>, Task<IReadOnlyList<Figure>>> MeasureAsync)[] suites =
[
    (DurableFigures.Names, DurableFigures.MeasureAsync),
    (HostFigures.Names, HostFigures.MeasureAsync),
    (DeployFigures.Names, DeployFigures.MeasureAsync),
    (ReviewFigures.Names, ReviewFigures.MeasureAsync),
    (PostgresFigures.Names, PostgresFigures.MeasureAsync),
    (MaskingFigure.Names, MaskingFigure.MeasureAsync),
    (SimulationFigure.Names, SimulationFigure.MeasureAsync),
];

var wanted = args.Length == 0 ? suites.SelectMany(s => s.Names).ToHashSet() : args.ToHashSet();
if (wanted.Except(suites.SelectMany(s => s.Names)).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"There is no figure '{unknown}'; there are {string.Join(", ", suites.SelectMany(s => s.Names))}.");
    return 64;
}
var failed = false;
foreach (var suite in suites.Where(s => s.Names.Any(wanted.Contains)))
{
    try
    {
        foreach (var figure in await suite.MeasureAsync(wanted)) Teller.Tell(figure);
    }
    catch (Exception trouble) when (trouble is not OutOfMemoryException)
    {
        failed = true;
        Teller.Say($"Could not measure {string.Join(", ", suite.Names.Where(wanted.Contains))}: {trouble}");
    }
}
return failed ? 1 : 0;
