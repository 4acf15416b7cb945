using System.Text.Json;

namespace Flow.Providers.Local.Supervision;

/// <summary>
/// Once through the whole of a supervisor's work, with a command that does nothing, while nobody waits: compiling all that code takes longer than starting a
/// process does.
/// </summary>
internal static class Rehearsal
{
    public static void Run()
    {
        try
        {
            var directory = Directory.CreateTempSubdirectory("flow-rehearsal-");
            try
            {
                var order = JsonSerializer.SerializeToUtf8Bytes(Order(directory.FullName), SupervisionJson.Default.SupervisorOrder);
                using var told = new MemoryStream(order);
                new SupervisorLoop(SupervisorOrder.Read(told)!).RunAsync(tookOver: () => { }).GetAwaiter().GetResult();
            }
            finally
            {
                directory.Delete(recursive: true);
            }
        }
        // Then the first real command is slower, and no less right.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FlowException) { }
    }

    private static SupervisorOrder Order(string directory) => new()
    {
        Id = "rehearsal",
        Tag = "rehearsal",
        Record = directory,
        LogDirectory = directory,
        Log = "rehearsal",
        Arguments = ["/bin/sh", "-c", "echo rehearsal"],
        WorkingDirectory = directory,
        Environment = new Dictionary<string, string>(),
        Secrets = ["not a secret"],
        TimeoutSeconds = 10,
        Notes = new Dictionary<string, string> { ["a"] = "b" },
    };
}
