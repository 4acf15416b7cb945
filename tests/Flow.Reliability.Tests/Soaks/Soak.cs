using System.Diagnostics;
using System.Globalization;
using Flow.Reliability.Tests.Kills;

namespace Flow.Reliability.Tests.Soaks;

/// <summary>Starts a soak in a process of its own, where nothing else lives, and reads its figures: a line for each moment that was measured.</summary>
internal static class Soak
{
    private static readonly TimeSpan Patience = LongTests.Wanted ? TimeSpan.FromHours(2) : TimeSpan.FromMinutes(10);

    public static async Task<IReadOnlyList<long[]>> RunAsync(string child, params IReadOnlyList<string> arguments)
    {
        var start = ThisProgram.Again(child, arguments);
        // No methods that are compiled anew in the middle, and no collector that works by itself meanwhile.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            List<long[]> figures = [];
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line) figures.Add([.. line.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture))]);
            await process.WaitForExitAsync(patience.Token);
            process.ExitCode.Should().Be(0, await errors);
            return figures;
        }
        finally
        {
            // Whatever went wrong: it does not outlive its test.
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.WaitForExit(TimeSpan.FromMinutes(1));
        }
    }
}
