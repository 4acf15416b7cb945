using System.Diagnostics;
using System.Globalization;
using Flow.Reliability.Tests.Kills;

namespace Flow.Reliability.Tests.Soaks;

/// <summary>Starts a soak in a process of its own, where nothing else lives, and reads its figures: a line for each moment that was measured.</summary>
internal static class Soak
{
    public static bool Long => Environment.GetEnvironmentVariable("FLOW_LONG_TESTS") is not null;

    public static async Task<IReadOnlyList<long[]>> RunAsync(string child, params IReadOnlyList<string> arguments)
    {
        var start = ThisProgram.Again(child, arguments);
        // No methods that are compiled anew in the middle, and no collector that works by itself meanwhile.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        List<long[]> figures = [];
        while (await process.StandardOutput.ReadLineAsync() is { } line) figures.Add([.. line.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture))]);
        await process.WaitForExitAsync();
        process.ExitCode.Should().Be(0, await errors);
        return figures;
    }
}
