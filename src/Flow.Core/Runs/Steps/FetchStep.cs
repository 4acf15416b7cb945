using System.Security.Cryptography;
using System.Text;
using Flow.AddOns;
using Flow.Apps;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Manifests;
using Flow.Secrets;
using Flow.Sources;

namespace Flow.Runs.Steps;

/// <summary>Reads what the code says of itself. Nonsense, and what this host cannot give, is told before anything is built.</summary>
internal sealed class FetchStep(Providers providers, IEnumerable<ProviderDescriptor> registered, RequirementsReader manifests) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Fetch;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var revision = execution.Plan.Revision!;
        var repository = execution.Policy.Repository;
        var source = providers.Get<ISourceProvider>(execution.Policy.Source);
        var builder = providers.Get<IBuilder>(execution.Policy.Builder);
        if (!Isolation.Allows(revision.Trust, builder.IsolatesUntrusted)) return execution.Failed(Isolation.Refusal("builder", execution.Policy.Builder));
        await execution.WriteLineAsync($"Fetching {revision.Sha} ({revision.Ref}) of {repository.Url}", cancellationToken);
        var top = await source.FetchAsync(repository, revision.Sha, cancellationToken);

        var needs = await manifests.ReadAsync(top, execution, cancellationToken);
        var manifest = needs?.Manifest ?? AppManifest.Empty;
        var root = Joined(repository.RootFolder, manifest.Root);
        var tree = manifest.Root is null ? top : await source.FetchAsync(repository with { RootFolder = root }, revision.Sha, cancellationToken);
        if (await tree.ReadTextAsync("Procfile", Procfile.MaxBytes, cancellationToken) is { } procfile) Procfile.Parse(procfile);

        if (Refusal(execution, builder, manifest) is { } refusal) return execution.Failed(refusal);
        var detection = await builder.DetectAsync(tree, cancellationToken);
        if (!detection.Mine) return execution.Failed(new("language-unknown", detection.Reason));
        await execution.WriteLineAsync($"{tree.Subject} ({tree.Author}); {detection.Reason}", cancellationToken);
        var watched = await Watched.HashAsync(source, repository, revision.Sha, top, tree, manifest, cancellationToken);
        return execution.Done(tree.TreeId, new(new(tree.TreeId, tree.Subject, tree.Author, BuildKey(execution, tree, root, manifest, builder), root, watched, needs)));
    }

    private Failure? Refusal(StepExecution execution, IBuilder builder, AppManifest manifest)
    {
        if (manifest.Buildpacks.Count > 0 || manifest.Stack is not null)
        {
            var problem = builder is IBuildpackBuilder able ? able.ProblemOf(manifest.Buildpacks, manifest.Stack)
                : manifest.Buildpacks.Count == 0 ? null   // a stack alone says where, not how
                : $"app.json asks for buildpacks ({string.Join(", ", manifest.Buildpacks.Take(5).Select(n => HostileText.Shown(n)))}), and builder '{execution.Policy.Builder}' knows none: remove them, or choose another builder.";
            if (problem is not null) return new("buildpack-unknown", problem);
        }
        return new AddOnFit(providers, registered).Of(execution.Policy, manifest);
    }

    /// <summary>Shared by source tree, root folder, builder version, build inputs and trust: an untrusted build never serves anybody trusted. Also by pipeline, whose cache it uses.</summary>
    private static string BuildKey(StepExecution execution, ISourceTree tree, string? root, AppManifest manifest, IBuilder builder)
    {
        List<string> identity = [execution.Policy.Pipeline.ToString(), execution.Policy.Builder, builder.Version, tree.TreeId, root ?? "", execution.Plan.Revision!.Trust.ToString()];
        if (manifest.Buildpacks.Count > 0 || manifest.Stack is not null) identity.AddRange([manifest.Stack ?? "", .. manifest.Buildpacks]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', identity))))[..24];
    }

    private static string? Joined(string? folder, string? below) => (folder, below) switch
    {
        (_, null) => folder,
        (null, _) => below,
        _ => $"{folder.TrimEnd('/')}/{below}",
    };
}

/// <summary>Reads <c>app.json</c> for the stage of a run's app.</summary>
internal sealed class RequirementsReader(Providers providers, ConfigSecrets secrets)
{
    public async Task<Requirements?> ReadAsync(ISourceTree tree, StepExecution execution, CancellationToken cancellationToken)
    {
        if (await tree.ReadTextAsync(AppJson.FileName, AppJson.MaxBytes, cancellationToken) is not { } text) return null;
        var policy = execution.Policy;
        var file = AppJson.Parse(text);
        var manifest = file.For(policy.Stage);
        foreach (var warning in file.Warnings) await execution.WriteLineAsync($"app.json, line {warning.Line}, {warning.Path}: {warning.Message}", cancellationToken);
        var notes = Unhonoured(manifest, policy).ToList();
        var later = new Dictionary<Stage, AppManifest>();
        foreach (var stage in Enum.GetValues<Stage>().Where(s => s >= Stage.Development && s > policy.Stage))
            if (!Same(file.For(stage), manifest)) later[stage] = file.For(stage);
        // The overlay that counts depends on the stage, so equal ids within an app are equal manifests.
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        return new(id, manifest, later.Count == 0 ? null : later, secrets.Generate(execution.Run.App, manifest), notes.Count == 0 ? null : notes);
    }

    private IEnumerable<string> Unhonoured(AppManifest manifest, AppPolicy policy)
    {
        foreach (var (type, process) in manifest.Processes)
        {
            if (process.Size is { } size) yield return $"formation.{type}.size '{HostileText.Shown(size)}': there are no sizes here; limits stand under flow.processes.{type}.limits.";
            if (process.Limits is not { } limits) continue;
            var problem = providers.Get<Runtimes.IRuntime>(policy.Runtime) is Runtimes.IRuntimeLimits able ? able.ProblemOf(limits) : $"runtime '{policy.Runtime}' keeps no limits.";
            if (problem is not null) yield return $"flow.processes.{type}.limits: {problem}";
        }
        if (manifest.Stack is { } stack && providers.Get<IBuilder>(policy.Builder) is not IBuildpackBuilder) yield return $"stack '{HostileText.Shown(stack)}': builder '{policy.Builder}' knows no stacks.";
    }

    private static bool Same(AppManifest one, AppManifest other) => JsonOf(one).AsSpan().SequenceEqual(JsonOf(other));
    private static byte[] JsonOf(AppManifest manifest) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(manifest, Engine.FlowJson.Default.AppManifest);
}

/// <summary>Content hash of the files that matter, when not all of a repository do.</summary>
internal static class Watched
{
    private const int MostFiles = 200_000;

    public static async Task<string?> HashAsync(ISourceProvider source, SourceRepository repository, CommitSha commit, ISourceTree top, ISourceTree tree, AppManifest manifest, CancellationToken cancellationToken)
    {
        if (repository.Paths.Count > 0)
            return await OfAsync(repository.RootFolder is null ? top : await source.FetchAsync(repository with { RootFolder = null }, commit, cancellationToken), repository.Paths,
                repository.RootFolder is { } folder ? $"{folder.TrimEnd('/')}/{AppJson.FileName}" : AppJson.FileName, cancellationToken);
        if (manifest.Paths.Count > 0) return await OfAsync(top, manifest.Paths, AppJson.FileName, cancellationToken);
        if (manifest.Root is not null) return Hash([tree.TreeId, await top.ReadTextAsync(AppJson.FileName, AppJson.MaxBytes, cancellationToken) ?? ""]);
        return repository.RootFolder is null ? null : top.TreeId;
    }

    private static async Task<string?> OfAsync(ISourceTree tree, IReadOnlyList<string> paths, string always, CancellationToken cancellationToken)
    {
        // A source that cannot tell has everything count.
        if (tree is not IFileHashes hashes) return null;
        var globs = new PathGlobs(paths);
        var procfile = always[..^AppJson.FileName.Length] + "Procfile";
        return Hash((await hashes.ListHashesAsync(MostFiles, cancellationToken)).Where(f => f.Path == always || f.Path == procfile || globs.Matches(f.Path)).Select(f => $"{f.Hash} {f.Path}"));
    }

    private static string Hash(IEnumerable<string> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines) hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
