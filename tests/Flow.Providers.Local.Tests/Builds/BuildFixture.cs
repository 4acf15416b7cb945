using Flow.Builds;
using Flow.Logs;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Builds;
using Flow.Providers.Local.Builds.DotNet;
using Flow.Providers.Local.Supervision;
using Flow.Providers.Local.Tests.Files;
using Flow.Sources;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Tests.Builds;

/// <summary>A builder on a data directory of its own, and the code it is given.</summary>
internal sealed class BuildFixture : IAsyncDisposable
{
    public static readonly IReadOnlyList<(string Path, string Text)> Console =
    [
        ("Tool/Tool.csproj", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>"""),
        ("Tool/Program.cs", "System.Console.WriteLine(\"hello\");"),
    ];

    public BuildFixture()
    {
        // A development machine may hide what a build leaves behind.
        foreach (var name in (string[])["MSBUILDDISABLENODEREUSE", "UseSharedCompilation", "DOTNET_CLI_USE_MSBUILD_SERVER"]) Environment.SetEnvironmentVariable(name, null);
        Builder = NewBuilder();
    }

    public TemporaryDirectory Temporary { get; } = new();
    public InProcessSupervisor Supervisor { get; } = new();
    public LocalBuilder Builder { get; }
    public LocalArtifactStore Artifacts => new(Options, TimeProvider.System);
    public IOptions<LocalOptions> Options => Microsoft.Extensions.Options.Options.Create(new LocalOptions { DataDirectory = Temporary["data"] });

    /// <summary>Another host on the same data directory.</summary>
    public LocalBuilder NewBuilder(params ILanguagePack[] languages) =>
        new("local", languages is [] ? [new DotNetLanguagePack()] : languages, Supervisor, Artifacts, Options, TimeProvider.System, NullLogger<LocalBuilder>.Instance);

    public static BuildRequest Request(string id, ISourceTree source, Trust trust = Trust.Trusted) => new()
    {
        Id = id,
        Source = source,
        Revision = new() { Sha = CommitSha.Parse(new string('a', 40)), Ref = "refs/heads/main", Trust = trust },
        Repository = new() { Url = "/srv/shop.git", RootFolder = "src" },
        CacheKey = "shop-trusted",
        Log = LogId.Parse($"run/{id}/build"),
        Timeout = TimeSpan.FromMinutes(2),
    };

    public static async Task<WorkStatus<Artifact>> UntilEndedAsync(LocalBuilder builder, BuildRequest request)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var status = await builder.BuildAsync(request, deadline.Token);
            if (!status.IsRunning) return status;
            await Task.Delay(50, deadline.Token);
        }
    }

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(20, deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Supervisor.DisposeAsync();
        Temporary.Dispose();
    }
}

/// <summary>Code out of memory.</summary>
internal sealed class MemoryTree(params IEnumerable<(string Path, string Text)> files) : ISourceTree
{
    private readonly SortedDictionary<string, string> files = new(files.ToDictionary(f => f.Path, f => f.Text), StringComparer.Ordinal);

    public string TreeId => "tree";
    public string Subject => "Subject";
    public string Author => "Ada";

    public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => new([.. files.Keys]);

    public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => new(files.GetValueOrDefault(path));

    public async ValueTask ExportAsync(string directory, CancellationToken cancellationToken)
    {
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, path))!);
            await File.WriteAllTextAsync(Path.Combine(directory, path), text, cancellationToken);
        }
    }
}
