using System.Globalization;
using Flow.Reliability.Tests.Kills;
using Flow.Reliability.Tests.Soaks;

namespace Flow.Reliability.Tests;

/// <summary>What this program does when a test starts it again.</summary>
internal static class Child
{
    public const string Verb = "child";

    public static Task<int> RunAsync(string name, string[] arguments) => name switch
    {
        LightHost.Name => LightHost.RunAsync(arguments[0], tooEarly: arguments[1] == LightHost.TooEarly),
        LocalHost.Name => LocalHost.RunAsync(arguments[0]),
        WebProcess.Name => WebProcess.RunAsync(),
        SyncedCommits.Name => SyncedCommits.RunAsync(arguments[0], arguments[1]),
        "traces" => Task.FromResult(Simulated.Traces.Print(arguments)),
        AbandonedTails.Name => AbandonedTails.RunAsync(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture)),
        ManyRuns.Name => ManyRuns.RunAsync(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture)),
        ManyRuns.Destroyed => ManyRuns.RunDestroyedAsync(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture)),
        _ => Task.FromResult(Unknown(name, arguments)),
    };

    private static int Unknown(string name, string[] arguments)
    {
        Console.Error.WriteLine($"There is no child '{name}' ({arguments.Length} arguments).");
        return 64;
    }
}
