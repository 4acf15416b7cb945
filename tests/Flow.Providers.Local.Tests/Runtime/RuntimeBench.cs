using System.Diagnostics;
using Flow.Builds;
using Flow.Logs;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Runtime;
using Flow.Providers.Local.Supervision;
using Flow.Providers.Local.Tests.Supervision;
using Flow.Runtimes;
using Flow.Sources;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Tests.Runtime;

/// <summary>A runtime over real supervisors, and an artifact of two files.</summary>
public sealed class RuntimeBench : IAsyncDisposable
{
    private readonly SupervisionBench bench = new();
    private readonly List<LocalRuntime> runtimes = [];

    public RuntimeBench()
    {
        ArtifactDirectory = System.IO.Directory.CreateDirectory(Path.Combine(bench.Directory, "artifact", "sub")).Parent!.FullName;
        File.WriteAllText(Path.Combine(ArtifactDirectory, "sub", "file"), "original");
        File.CreateSymbolicLink(Path.Combine(ArtifactDirectory, "link"), "sub/file");
        File.SetUnixFileMode(Path.Combine(ArtifactDirectory, "sub", "file"), UnixFileMode.UserRead);
        Runtime = NewRuntime();
    }

    public string Directory => bench.Directory;
    public string ArtifactDirectory { get; }
    public LocalOptions Options => bench.Options;
    internal ISupervisor Supervisor => bench.Supervisor;
    internal LocalRuntime Runtime { get; }
    internal SupervisedRecord Record(string id) => bench.Record(id);
    public Task<string> LogAsync(string id) => bench.LogAsync(id);

    internal LocalRuntime NewRuntime(TimeProvider? time = null)
    {
        LocalRuntime runtime = new(new Files(ArtifactDirectory), bench.NewSupervisor(), Microsoft.Extensions.Options.Options.Create(Options), time ?? TimeProvider.System, NullLogger<LocalRuntime>.Instance);
        runtimes.Add(runtime);
        return runtime;
    }

    public static Artifact Artifact(Trust trust = Trust.Trusted) => new()
    {
        Digest = ArtifactDigest.Parse("sha256:" + new string('a', 64)),
        Builder = "test",
        ProcessTypes = new Dictionary<string, string>(),
        Trust = trust,
        Provenance = new() { Repository = "x", Commit = CommitSha.Parse(new string('b', 40)), TreeId = "t", BuilderVersion = "1", BuiltAt = default },
        Size = 1,
    };

    public static string Web(int delay = 0, string status = "200", string body = "hello from {name}") => $"exec {SupervisionBench.TestHost} web {delay} {status} '{body}'";

    public static DeploymentSpec Spec(string id, params ProcessSpec[] processes) => new()
    {
        Id = DeploymentId.Parse(id),
        Artifact = Artifact(),
        Processes = processes,
        Environment = new Dictionary<string, string> { ["COLOUR"] = "green" },
        LogPrefix = LogId.Parse($"app/{id}"),
    };

    public static CommandSpec Command(string id, string line) => new()
    {
        Id = id,
        App = AppName.Parse("shop"),
        Artifact = Artifact(),
        Command = line,
        Environment = new Dictionary<string, string> { ["COLOUR"] = "green" },
        Log = LogId.Parse($"run/{id}"),
        Timeout = TimeSpan.FromMinutes(1),
    };

    public Task<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec) => EndAsync(() => Runtime.DeployAsync(spec, TestContext.Current.CancellationToken));

    public Task<WorkStatus<CommandResult>> RunAsync(CommandSpec spec) => EndAsync(() => Runtime.RunAsync(spec, TestContext.Current.CancellationToken));

    public static async Task<WorkStatus<T>> EndAsync<T>(Func<ValueTask<WorkStatus<T>>> ask) where T : class => await SupervisionBench.PollAsync(async () =>
    {
        var since = Stopwatch.GetTimestamp();
        var status = await ask();
        Stopwatch.GetElapsedTime(since).Should().BeLessThan(TimeSpan.FromSeconds(3), "a runtime does not block");
        return status;
    }, s => !s.IsRunning, "the work", 25);

    public static async Task<string> GetAsync(Uri endpoint)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var runtime in runtimes) await runtime.DisposeAsync();
        await bench.DisposeAsync();
    }

    private sealed class Files(string directory) : IArtifactFiles
    {
        public ValueTask<string> OpenAsync(ArtifactDigest digest, CancellationToken cancellationToken) => new(directory);
    }
}
