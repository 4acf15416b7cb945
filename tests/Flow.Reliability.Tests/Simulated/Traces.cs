using System.Diagnostics;
using System.Globalization;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.Simulated;

/// <summary>One line per seed: what a process of its own made of it.</summary>
internal static class Traces
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The child: FROM COUNT.</summary>
    public static int Print(string[] arguments)
    {
        var (from, count) = (long.Parse(arguments[0], CultureInfo.InvariantCulture), int.Parse(arguments[1], CultureInfo.InvariantCulture));
        for (var seed = from; seed < from + count; seed++) Console.WriteLine(Line(FlowSimulation.Run(seed)));
        return 0;
    }

    public static string Line(FlowSimulationResult result) => string.Create(CultureInfo.InvariantCulture, $"{result.Seed} {result.Trace:x16} {result.Steps} {result.Violation}");

    public static async Task<string> OfAnotherProcessAsync(long from, int count)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        foreach (var argument in (string[])[Child.Verb, "traces", from.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture)]) start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        using var late = new CancellationTokenSource(Patience);
        try
        {
            var lines = await child.StandardOutput.ReadToEndAsync(late.Token);
            await child.WaitForExitAsync(late.Token);
            child.ExitCode.Should().Be(0);
            return lines;
        }
        finally
        {
            if (!child.HasExited) child.Kill();
        }
    }
}
