using Flow.Logs;
using Flow.Providers.Local;
using Flow.Providers.Local.Supervision;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.TestHost;

internal static class SampleHost
{
    public static async Task RunAsync(string dataDirectory, string id, string line)
    {
        var supervisor = new ProcessSupervisor(Options.Create(new LocalOptions { DataDirectory = dataDirectory }), NullLogger<ProcessSupervisor>.Instance);
        await supervisor.StartAsync(new()
        {
            Id = id,
            Arguments = ["/bin/sh", "-c", line],
            WorkingDirectory = "/",
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
            Log = LogId.Parse($"test/{id}"),
        }, default);
        Console.WriteLine("started");
        await Task.Delay(Timeout.Infinite);
    }
}
