using System.Text;
using Flow.Builds;
using Flow.Providers.Local.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Builds.DotNet;

/// <summary>
/// .NET by one <c>dotnet publish</c>. Output: <c>bin/</c> when there is one executable, <c>bin/ASSEMBLY/</c> each when there are several.
/// </summary>
internal sealed class DotNetLanguagePack : ILanguagePack
{
    private const string TargetsFile = "flow.targets";
    private const string ErrorsFile = "errors.log";
    private const int MaxErrors = 256 * 1024;
    private const int MaxNote = 16 * 1024, MaxNotes = 1_000;

    // MSBuild and NuGet look for these in every folder above the code: those of the host, whose data directory may lie in its own repository, are not meant.
    private static readonly (string Name, string Text)[] Boundary =
    [
        ("Directory.Build.props", "<Project />"), ("Directory.Build.targets", "<Project />"), ("Directory.Packages.props", "<Project />"),
        ("Directory.Build.rsp", ""), ("global.json", "{}"), (".editorconfig", "root = true\n"),
    ];

    public string Name => "dotnet";

    public string Version => $"dotnet-1 (sdk {DotNetSdks.Installed()})";

    // By name, by image, by repository; and those of the community from before Heroku had one.
    public IReadOnlyList<string> Buildpacks { get; } =
    [
        "heroku/dotnet", "heroku/buildpack-dotnet", "heroku/buildpacks-dotnet", "heroku/heroku-buildpack-dotnet", "jincod/dotnetcore", "jincod/dotnetcore-buildpack",
    ];

    public ValueTask<Detection> DetectAsync(ISourceTree source, IReadOnlyList<string> files, CancellationToken cancellationToken) => new(DotNetTarget.Find(files).Detection);

    public async ValueTask<IReadOnlyList<BuildStep>> PlanAsync(BuildWorkspace workspace, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var target = DotNetTarget.Find(files).Target ?? throw new InvalidOperationException("Planned without a target.");
        foreach (var (name, text) in Boundary) await File.WriteAllTextAsync(Path.Combine(workspace.Root, name), text, cancellationToken).ConfigureAwait(false);
        await WriteTargetsAsync(Path.Combine(workspace.Root, TargetsFile), cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(workspace.Output);
        Directory.CreateDirectory(Data(workspace));
        return [new() { Arguments = Publish(workspace, target), Variables = Variables(workspace) }];
    }

    public async ValueTask<IReadOnlyDictionary<string, string>> AssembleAsync(BuildWorkspace workspace, string directory, CancellationToken cancellationToken)
    {
        var executables = new List<DotNetExecutable>();
        var notes = Directory.EnumerateFiles(workspace.Output, "*.executable").Take(MaxNotes).ToList();
        foreach (var note in notes.Order(StringComparer.Ordinal))
        {
            if (new FileInfo(note) is not { LinkTarget: null, Length: <= MaxNote }) continue;
            if (DotNetExecutable.Parse(await File.ReadAllLinesAsync(note, cancellationToken).ConfigureAwait(false)) is { } executable && Directory.Exists(Path.Combine(workspace.Output, executable.Assembly))) executables.Add(executable);
        }
        if (executables.Count == 0)
        {
            throw new FlowException("build-nothing-to-run", "The code builds, but none of its projects is an executable (OutputType Exe, a web project or a worker; tests do not count): add one, or set the pipeline's root folder to where it is.");
        }

        var named = DotNetExecutable.Name(executables);
        var folders = executables.ToDictionary(e => e, e => executables.Count == 1 ? "bin" : $"bin/{e.Assembly}");
        foreach (var (executable, folder) in folders)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, folder))!);
            Directory.Move(Path.Combine(workspace.Output, executable.Assembly), Path.Combine(directory, folder));
        }
        return named.ToDictionary(n => n.Key, n => n.Value.Command(directory, folders[n.Value]), StringComparer.Ordinal);
    }

    public async ValueTask<Failure> ExplainAsync(BuildWorkspace workspace, int exitCode, string tail, CancellationToken cancellationToken)
    {
        // The logger's file has the first error of a thousand; a single-file app has none, and its few lines are all in the tail.
        var output = await BeginningAsync(Path.Combine(workspace.Root, ErrorsFile), cancellationToken).ConfigureAwait(false);
        return DotNetErrors.Explain($"{output}\n{tail}", workspace.Source, exitCode);
    }

    private static List<string> Publish(BuildWorkspace workspace, DotNetTarget target)
    {
        List<string> arguments =
        [
            // With ./ a name that starts with a dash is no option.
            "dotnet", "publish", $"./{target.File}", "--configuration", "Release", "--verbosity", "minimal", "-p:Deterministic=true", "-p:ContinuousIntegrationBuild=true",
            // There is no repository here; the one that the data directory may lie in is another one.
            "-p:EnableSourceControlManagerQueries=false", "-p:EnableSourceLink=false",
        ];
        // A single file would be compiled to native code by default, which needs a C toolchain; and dotnet takes no loggers for it.
        if (target.Kind == DotNetTargetKind.SingleFile) arguments.Add("-p:PublishAot=false");
        else arguments.AddRange(["-nodeReuse:false", $"-flp:LogFile=../{ErrorsFile};ErrorsOnly;Encoding=UTF-8"]);
        return arguments;
    }

    private static Dictionary<string, string> Variables(BuildWorkspace workspace)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Without these three, compiler servers and build nodes outlive the build.
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["UseSharedCompilation"] = "false",
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_CLI_UI_LANGUAGE"] = "en",
            ["DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE"] = "1",
            ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
            ["DOTNET_ADD_GLOBAL_TOOLS_TO_PATH"] = "false",
            ["MSBUILDTERMINALLOGGER"] = "off",
            // A killed build would leave its diagnostic sockets in TMPDIR.
            ["DOTNET_EnableDiagnostics_IPC"] = "0",
            ["CustomAfterMicrosoftCommonTargets"] = Path.Combine(workspace.Root, TargetsFile),
            ["CustomAfterMicrosoftCommonCrossTargetingTargets"] = Path.Combine(workspace.Root, TargetsFile),
            ["FlowOutput"] = workspace.Output,
            ["FlowSource"] = workspace.Source,
            ["NUGET_PACKAGES"] = Path.Combine(workspace.Cache, "nuget"),
            ["NUGET_HTTP_CACHE_PATH"] = Path.Combine(workspace.Cache, "nuget-http"),
            // Where dotnet builds a single-file app; it must exist.
            ["XDG_DATA_HOME"] = Data(workspace),
        };
        // Read-only: what this machine has already is not downloaded again for every pipeline.
        var shared = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (Directory.Exists(shared)) variables["NUGET_FALLBACK_PACKAGES"] = shared;
        return variables;
    }

    private static string Data(BuildWorkspace workspace) => Path.Combine(workspace.Root, "data");

    private static async Task WriteTargetsAsync(string path, CancellationToken cancellationToken)
    {
        var resource = typeof(DotNetLanguagePack).Assembly.GetManifestResourceStream(TargetsFile) ?? throw new InvalidOperationException($"The resource {TargetsFile} is missing.");
        await using (resource.ConfigureAwait(false))
        {
            var file = File.Create(path);
            await using (file.ConfigureAwait(false))
            {
                await resource.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<string> BeginningAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return "";
        var file = File.OpenRead(path);
        await using (file.ConfigureAwait(false))
        {
            var buffer = new byte[(int)Math.Min(file.Length, MaxErrors)];
            var read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return Encoding.UTF8.GetString(buffer, 0, read);
        }
    }
}
