using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Flow.Logs;
using Flow.Providers.Local.Supervision;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Tests.Supervision;

/// <summary>A data directory with real supervisors; ends whatever a test left there.</summary>
public sealed class SupervisionBench : IAsyncDisposable
{
    public static string TestHost { get; } = Path.Combine(AppContext.BaseDirectory, "Flow.TestHost");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public SupervisionBench()
    {
        Options = new() { DataDirectory = Directory };
        Options.SupervisorCommand.Add(TestHost);
        Supervisor = NewSupervisor();
    }

    private readonly ConcurrentBag<ProcessSupervisor> supervisors = [];

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("flow-local-").FullName;
    public LocalOptions Options { get; }
    internal ProcessSupervisor Supervisor { get; }
    public FileLogStore Logs => new(Path.Combine(Directory, "logs"));

    /// <summary>As another host, or the same one started again.</summary>
    internal ProcessSupervisor NewSupervisor()
    {
        var supervisor = new ProcessSupervisor(Microsoft.Extensions.Options.Options.Create(Options), NullLogger<ProcessSupervisor>.Instance);
        supervisors.Add(supervisor);
        return supervisor;
    }

    internal SupervisedCommand Shell(string id, string line) => new()
    {
        Id = id,
        Arguments = ["/bin/sh", "-c", line],
        WorkingDirectory = Directory,
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
        Log = LogId.Parse($"test/{id}"),
    };

    internal SupervisedRecord Record(string id) => RecordFiles.Read(Path.Combine(Directory, "supervised", id))!;

    internal async Task<SupervisedState> EndAsync(string id) => (await UntilAsync(id, s => s is { Running: false }))!;

    internal Task<SupervisedState?> UntilAsync(string id, Func<SupervisedState?, bool> good) => PollAsync(async () => await Supervisor.InspectAsync(id, Token), good, $"'{id}'");

    public static async Task<T> PollAsync<T>(Func<Task<T>> look, Func<T, bool> good, string what, int seconds = 15)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var seen = await look();
            if (good(seen)) return seen;
            Stopwatch.GetElapsedTime(since).Should().BeLessThan(TimeSpan.FromSeconds(seconds), "{0} was last seen as {1}", what, seen);
            await Task.Delay(20, Token);
        }
    }

    public async Task<string> LogAsync(string id)
    {
        var text = new StringBuilder();
        for (var offset = 0L; ;)
        {
            var chunk = await Logs.ReadAsync(LogId.Parse(id), offset, 1 << 20, Token);
            if (chunk.Bytes.Length == 0) return text.ToString();
            text.Append(Encoding.UTF8.GetString(chunk.Bytes.Span));
            offset = chunk.Next;
        }
    }

    /// <summary>Living processes whose command line begins with a text.</summary>
    public static IReadOnlyList<int> Processes(string text) => [.. ProcFs.All().Where(p => p.Alive && CommandLine(p.Pid).StartsWith(text, StringComparison.Ordinal)).Select(p => p.Pid)];

    public async ValueTask DisposeAsync()
    {
        foreach (var id in await Supervisor.ListAsync("", default)) await Supervisor.StopAsync(id, TimeSpan.Zero, default);
        foreach (var supervisor in supervisors) supervisor.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static string CommandLine(int pid)
    {
        try { return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' '); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
