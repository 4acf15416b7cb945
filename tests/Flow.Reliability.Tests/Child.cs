namespace Flow.Reliability.Tests;

/// <summary>What this program does when a test starts it again.</summary>
internal static class Child
{
    public const string Verb = "child";

    public static Task<int> RunAsync(string name, string[] arguments) => name switch
    {
        "traces" => Task.FromResult(Simulated.Traces.Print(arguments)),
        _ => Task.FromResult(Unknown(name, arguments)),
    };

    private static int Unknown(string name, string[] arguments)
    {
        Console.Error.WriteLine($"There is no child '{name}' ({arguments.Length} arguments).");
        return 64;
    }
}
