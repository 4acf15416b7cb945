using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Flow.Builds;
using Flow.Manifests;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Files;
using Flow.Providers.Local.Supervision;
using Flow.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Builds;

/// <summary>
/// Builds on this machine, as the host's user: every command under the supervisor, so that a build survives its host and is found again. What it does with
/// which language is its packs' business.
/// </summary>
internal sealed partial class LocalBuilder(
    string name, IEnumerable<ILanguagePack> languages, ISupervisor supervisor, LocalArtifactStore artifacts, IOptions<LocalOptions> options, TimeProvider time, ILogger<LocalBuilder> logger)
    : IBuilder, IBuildpackBuilder, IArtifactRetention
{
    private const int MaxFiles = 500_000;

    // To look costs a few small files; whoever pushed waits for the answer.
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    private readonly IReadOnlyList<ILanguagePack> languages = [.. languages];
    private readonly BuildWorkspaces workspaces = new(options, time);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> gates = new(StringComparer.Ordinal);

    public string Version => $"local-1; {string.Join("; ", languages.Select(l => l.Version))}";

    // A build runs as the host's user, with its files and its network.
    public bool IsolatesUntrusted => false;

    public string? ProblemOf(IReadOnlyList<string> buildpacks, string? stack) => Buildpacks.ProblemOf(name, languages, buildpacks, stack);

    public async ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) =>
        (await FindLanguageAsync(source, [], await source.ListFilesAsync(MaxFiles, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)).Detection;

    public async ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var workspace = workspaces.Of(request.Id, request.CacheKey);
        if (request.Revision.Trust != Trust.Trusted)
        {
            return WorkStatus<Artifact>.Failed(new("build-untrusted", $"The builder '{name}' runs builds as the host's own user, so it builds only code that somebody with write access put there; an approval does not change that. Use an isolating builder."));
        }

        var gate = gates.GetOrAdd(request.Id, _ => new(1, 1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await FinishedAsync(request.Id, cancellationToken).ConfigureAwait(false) is { } finished) return finished;
            var plan = await BuildPlan.LoadAsync(workspace.Plan, cancellationToken).ConfigureAwait(false)
                ?? await PrepareAsync(request, workspace, cancellationToken).ConfigureAwait(false);
            return await FollowAsync(request, workspace, plan, cancellationToken).ConfigureAwait(false);
        }
        catch (FlowException e) when (!e.Transient)
        {
            // Of the code: a Procfile, a file that cannot be written, output that cannot be run.
            return await EndAsync(request.Id, new() { Failure = e.ToFailure() }, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask StopAsync(string buildId, CancellationToken cancellationToken)
    {
        var record = workspaces.RecordOf(buildId);
        var gate = gates.GetOrAdd(buildId, _ => new(1, 1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CleanAsync(buildId, cancellationToken).ConfigureAwait(false);
            File.Delete(record);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever built here.
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask<int> PruneAsync(IReadOnlySet<ArtifactDigest> keep, TimeSpan olderThan, CancellationToken cancellationToken)
    {
        var removed = await artifacts.PruneAsync(keep, olderThan, cancellationToken).ConfigureAwait(false);
        workspaces.Prune(olderThan);
        return removed;
    }

    /// <summary>Null when the build has not ended, or when what it made is gone.</summary>
    private async Task<WorkStatus<Artifact>?> FinishedAsync(string buildId, CancellationToken cancellationToken)
    {
        if (await BuildRecord.LoadAsync(workspaces.RecordOf(buildId), cancellationToken).ConfigureAwait(false) is not { } record) return null;
        try
        {
            if (record.Artifact is { } artifact) await artifacts.OpenAsync(artifact.Digest, cancellationToken).ConfigureAwait(false);
        }
        catch (FlowException e)
        {
            LogArtifactLost(logger, buildId, e.Message);
            File.Delete(workspaces.RecordOf(buildId));
            return null;
        }
        // The host may have died between the record and the cleaning.
        if (Directory.Exists(workspaces.DirectoryOf(buildId))) await CleanAsync(buildId, cancellationToken).ConfigureAwait(false);
        return Status(record);
    }

    private async Task<BuildPlan> PrepareAsync(BuildRequest request, BuildWorkspace workspace, CancellationToken cancellationToken)
    {
        if (ProblemOf(request.Buildpacks, request.Stack) is { } problem) throw new FlowException("build-buildpacks", problem);
        var files = await request.Source.ListFilesAsync(MaxFiles, cancellationToken).ConfigureAwait(false);
        var (language, detection) = await FindLanguageAsync(request.Source, request.Buildpacks, files, cancellationToken).ConfigureAwait(false);
        if (language is null) throw new FlowException("build-unknown-language", detection.Reason);
        await ReadProcfileAsync(request.Source, cancellationToken).ConfigureAwait(false); // refused now, not after minutes

        workspaces.Prepare(workspace);
        await request.Source.ExportAsync(workspace.Source, cancellationToken).ConfigureAwait(false);
        var plan = new BuildPlan
        {
            Pack = language.Name,
            Version = Version,
            Started = time.GetUtcNow(),
            Steps = await language.PlanAsync(workspace, files, cancellationToken).ConfigureAwait(false),
        };
        await plan.SaveAsync(workspace.Plan, cancellationToken).ConfigureAwait(false);
        LogStarted(logger, request.Id, detection.Reason);
        return plan;
    }

    private async Task<WorkStatus<Artifact>> FollowAsync(BuildRequest request, BuildWorkspace workspace, BuildPlan plan, CancellationToken cancellationToken)
    {
        var language = languages.FirstOrDefault(l => l.Name == plan.Pack);
        for (var i = 0; language is not null && i < plan.Steps.Count; i++)
        {
            var id = CommandId(request.Id, i + 1);
            var state = await supervisor.InspectAsync(id, cancellationToken).ConfigureAwait(false)
                ?? await supervisor.StartAsync(Command(id, request, workspace, plan, plan.Steps[i]), cancellationToken).ConfigureAwait(false);
            if (state.Running) return WorkStatus<Artifact>.Running(AskAgain);
            if (state.TimedOut)
            {
                return await EndAsync(request.Id, new() { Failure = new("build-timeout", $"The build was stopped after {request.Timeout.TotalMinutes:0.#} minutes: make it quicker, or raise the pipeline's build timeout. The build's log shows how far it came.") }, cancellationToken).ConfigureAwait(false);
            }
            if (state.ExitCode is null) return await VanishedAsync(request.Id, cancellationToken).ConfigureAwait(false);
            if (state.ExitCode != 0)
            {
                return await EndAsync(request.Id, new() { Failure = await language.ExplainAsync(workspace, state.ExitCode.Value, state.Tail, cancellationToken).ConfigureAwait(false) }, cancellationToken).ConfigureAwait(false);
            }
        }
        // A host that died while it put the output together left half of it.
        if (language is null || File.Exists(workspace.Assembling)) return await VanishedAsync(request.Id, cancellationToken).ConfigureAwait(false);
        return await EndAsync(request.Id, new() { Artifact = await AssembleAsync(language, request, workspace, plan, cancellationToken).ConfigureAwait(false) }, cancellationToken).ConfigureAwait(false);
    }

    private SupervisedCommand Command(string id, BuildRequest request, BuildWorkspace workspace, BuildPlan plan, BuildStep step)
    {
        var environment = HostEnvironment.Read(options.Value);
        environment.TryAdd("HOME", workspace.Cache); // a service may have none, and tools insist on one
        foreach (var (variable, value) in step.Variables) environment[variable] = value;
        var left = request.Timeout - (time.GetUtcNow() - plan.Started);
        return new()
        {
            Id = id,
            Arguments = step.Arguments,
            WorkingDirectory = workspace.Source,
            Environment = environment,
            Log = request.Log,
            Timeout = left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1),
        };
    }

    private async Task<Artifact> AssembleAsync(ILanguagePack language, BuildRequest request, BuildWorkspace workspace, BuildPlan plan, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(workspace.Assembling, "", cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(workspace.Assembled);
        var types = new Dictionary<string, string>(await language.AssembleAsync(workspace, workspace.Assembled, cancellationToken).ConfigureAwait(false), StringComparer.Ordinal);
        foreach (var (type, command) in await ReadProcfileAsync(request.Source, cancellationToken).ConfigureAwait(false)) types[type] = command;
        // How it is started is part of what it is, so it is part of its digest.
        var procfile = string.Concat(types.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}: {t.Value}\n"));
        await File.WriteAllTextAsync(Path.Combine(workspace.Assembled, "Procfile"), procfile, cancellationToken).ConfigureAwait(false);

        var manifest = await artifacts.PutAsync(workspace.Assembled, cancellationToken).ConfigureAwait(false);
        var artifact = new Artifact
        {
            Digest = manifest.Digest,
            Builder = name,
            ProcessTypes = types,
            Trust = request.Revision.Trust,
            Size = manifest.Size,
            Provenance = new()
            {
                Repository = request.Repository.Url,
                RootFolder = request.Repository.RootFolder,
                Commit = request.Revision.Sha,
                TreeId = request.Source.TreeId,
                BuilderVersion = plan.Version,
                BuiltAt = time.GetUtcNow(),
            },
        };
        await artifacts.SaveAsync(artifact, cancellationToken).ConfigureAwait(false);
        return artifact;
    }

    private static async Task<IReadOnlyDictionary<string, string>> ReadProcfileAsync(ISourceTree source, CancellationToken cancellationToken) =>
        await source.ReadTextAsync("Procfile", Procfile.MaxBytes, cancellationToken).ConfigureAwait(false) is { } text ? Procfile.Parse(text) : new Dictionary<string, string>();

    private async Task<(ILanguagePack? Language, Detection Detection)> FindLanguageAsync(ISourceTree source, IReadOnlyList<string> buildpacks, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var reasons = new StringBuilder();
        // Whoever names buildpacks leaves nothing to find out but whether the code is what they say.
        var named = buildpacks.Select(Buildpacks.NameOf).ToList();
        foreach (var language in languages.Where(l => named.Count == 0 || l.Buildpacks.Any(named.Contains)))
        {
            var detection = await language.DetectAsync(source, files, cancellationToken).ConfigureAwait(false);
            if (detection.Mine) return (language, detection);
            reasons.Append(CultureInfo.InvariantCulture, $" {detection.Reason}");
        }
        return (null, new(false, $"The builder '{name}' does not know how to build this.{reasons}"));
    }

    private async Task<WorkStatus<Artifact>> EndAsync(string buildId, BuildRecord record, CancellationToken cancellationToken)
    {
        // What passes by itself is not kept: asked again, the build starts again.
        if (record.Failure is not { Transient: true })
        {
            DataDirectory.Create(options.Value, "builds");
            await record.SaveAsync(workspaces.RecordOf(buildId), cancellationToken).ConfigureAwait(false);
        }
        await CleanAsync(buildId, cancellationToken).ConfigureAwait(false);
        LogEnded(logger, buildId, record.Artifact?.Digest.ToString() ?? record.Failure!.Code);
        return Status(record);
    }

    private Task<WorkStatus<Artifact>> VanishedAsync(string buildId, CancellationToken cancellationToken) =>
        EndAsync(buildId, new() { Failure = new("build-vanished", "The build ended without a result: the machine went down, or something killed it (out of memory?). It is started again.", Transient: true) }, cancellationToken);

    private async Task CleanAsync(string buildId, CancellationToken cancellationToken)
    {
        foreach (var id in await supervisor.ListAsync(CommandPrefix(buildId), cancellationToken).ConfigureAwait(false))
        {
            await supervisor.StopAsync(id, Grace, cancellationToken).ConfigureAwait(false);
        }
        DataDirectory.Remove(workspaces.DirectoryOf(buildId));
    }

    private static WorkStatus<Artifact> Status(BuildRecord record) => record.Artifact is { } artifact ? WorkStatus<Artifact>.Done(artifact) : WorkStatus<Artifact>.Failed(record.Failure!);

    private static string CommandPrefix(string buildId) => $"build.{buildId}.";

    private static string CommandId(string buildId, int step) => string.Create(CultureInfo.InvariantCulture, $"{CommandPrefix(buildId)}{step}");

    [LoggerMessage(4201, LogLevel.Information, "Build {Build} started: {What}")]
    private static partial void LogStarted(ILogger logger, string build, string what);

    [LoggerMessage(4202, LogLevel.Information, "Build {Build} ended: {Result}")]
    private static partial void LogEnded(ILogger logger, string build, string result);

    [LoggerMessage(4203, LogLevel.Warning, "Build {Build} is done again, because its artifact cannot be used: {Reason}")]
    private static partial void LogArtifactLost(ILogger logger, string build, string reason);
}
