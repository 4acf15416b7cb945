using System.Collections.Concurrent;
using CliWrap;
using CliWrap.Buffered;
using Flow.Builds;
using Flow.Providers.Local.Files;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Artifacts;

/// <summary>
/// Artifacts by their content: <c>artifacts/sha256/HEX/</c> with <c>files/</c>, <c>manifest</c> and <c>artifact.json</c>. A directory appears complete or not at
/// all, and nothing is ever run from one that does not have the content its name promises.
/// </summary>
internal sealed class LocalArtifactStore(IOptions<LocalOptions> options, TimeProvider time) : IArtifactFiles
{
    private const string FilesFolder = "files";
    private const string ManifestFile = "manifest";
    private const string MetadataFile = "artifact.json";

    private readonly ConcurrentDictionary<ArtifactDigest, string> verified = new();
    private readonly ConcurrentDictionary<ArtifactDigest, SemaphoreSlim> gates = new();

    private string Home => DataDirectory.Path(options.Value, "artifacts", "sha256");

    /// <summary>
    /// Takes a directory on the same disk over: it is gone afterwards. What is there already under the digest stays, unless it is damaged. Safe to repeat, and
    /// for the same content at the same time.
    /// </summary>
    public async Task<ArtifactManifest> PutAsync(string directory, CancellationToken cancellationToken)
    {
        await RefuseSpecialFilesAsync(directory, cancellationToken).ConfigureAwait(false);
        var manifest = await ArtifactManifest.ReadAsync(directory, cancellationToken).ConfigureAwait(false);
        var digest = manifest.Digest;
        using var held = await HoldAsync(digest, cancellationToken).ConfigureAwait(false);
        var path = PathOf(digest);
        if (Directory.Exists(path))
        {
            if (await DamageAsync(digest, cancellationToken).ConfigureAwait(false) is null)
            {
                Touch(path);
                DataDirectory.Remove(directory);
                return manifest;
            }
            Forget(digest);
        }

        var staging = Path.Combine(DataDirectory.Create(options.Value, "artifacts", "staging"), Guid.NewGuid().ToString("N"));
        DataDirectory.CreatePrivate(staging);
        try
        {
            Directory.Move(directory, Path.Combine(staging, FilesFolder));
            await DataDirectory.WriteAsync(Path.Combine(staging, ManifestFile), manifest.Text, cancellationToken).ConfigureAwait(false);
            Touch(staging);
            DataDirectory.CreatePrivate(Home);
            Directory.Move(staging, path);
        }
        catch
        {
            DataDirectory.Remove(staging);
            throw;
        }
        return manifest;
    }

    /// <summary>
    /// The directory with the artifact's files, verified: every byte once per start of the host, afterwards by names, sizes and times. To read and to copy from,
    /// never to write into: what is changed there is refused from then on.
    /// </summary>
    /// <exception cref="FlowException"><c>artifact-missing</c> or <c>artifact-corrupt</c>, both permanent.</exception>
    public async ValueTask<string> OpenAsync(ArtifactDigest digest, CancellationToken cancellationToken)
    {
        using var held = await HoldAsync(digest, cancellationToken).ConfigureAwait(false);
        if (!Directory.Exists(PathOf(digest))) throw Missing(digest);
        if (await DamageAsync(digest, cancellationToken).ConfigureAwait(false) is { } damage)
        {
            throw new FlowException("artifact-corrupt", $"The artifact {digest} is not what was built ({damage}), so it is not run: check the disk of the data directory, and build the revision anew.");
        }
        return Path.Combine(PathOf(digest), FilesFolder);
    }

    /// <summary>Keeps what the artifact is beside it. The content is the same for ever; of two descriptions the newer one stays.</summary>
    public async ValueTask SaveAsync(Artifact artifact, CancellationToken cancellationToken)
    {
        using var held = await HoldAsync(artifact.Digest, cancellationToken).ConfigureAwait(false);
        if (!Directory.Exists(PathOf(artifact.Digest))) throw Missing(artifact.Digest);
        await JsonFile.WriteAsync(Path.Combine(PathOf(artifact.Digest), MetadataFile), artifact, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What was saved; null when nothing was.</summary>
    public Task<Artifact?> LoadAsync(ArtifactDigest digest, CancellationToken cancellationToken) =>
        JsonFile.ReadAsync<Artifact>(Path.Combine(PathOf(digest), MetadataFile), cancellationToken);

    /// <summary>Missing is success.</summary>
    public async ValueTask DeleteAsync(ArtifactDigest digest, CancellationToken cancellationToken)
    {
        using var held = await HoldAsync(digest, cancellationToken).ConfigureAwait(false);
        Forget(digest);
    }

    /// <summary>All artifacts and how long ago each was put last.</summary>
    public IReadOnlyList<(ArtifactDigest Digest, TimeSpan Age)> List()
    {
        if (!Directory.Exists(Home)) return [];
        var now = time.GetUtcNow().UtcDateTime;
        return [.. new DirectoryInfo(Home).EnumerateDirectories()
            .Select(d => (Known: ArtifactDigest.TryParse($"sha256:{d.Name}", null, out var digest), Digest: digest, Age: now - d.LastWriteTimeUtc))
            .Where(a => a.Known).Select(a => (a.Digest, a.Age))];
    }

    /// <summary>Removes what is not to be kept and older than a span; also what an interrupted put or removal left behind. Returns how many artifacts went.</summary>
    public async ValueTask<int> PruneAsync(IReadOnlySet<ArtifactDigest> keep, TimeSpan olderThan, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var (digest, age) in List().Where(a => a.Age > olderThan && !keep.Contains(a.Digest)))
        {
            using var held = await HoldAsync(digest, cancellationToken).ConfigureAwait(false);
            // The same content may have been put again meanwhile.
            if (time.GetUtcNow().UtcDateTime - Directory.GetLastWriteTimeUtc(PathOf(digest)) <= olderThan) continue;
            Forget(digest);
            removed++;
        }
        foreach (var litter in Litter().Where(d => time.GetUtcNow().UtcDateTime - d.LastWriteTimeUtc > olderThan)) DirectoryTree.Delete(litter.FullName);
        return removed;
    }

    private string PathOf(ArtifactDigest digest) => digest == default ? throw new ArgumentException("The digest is not set.", nameof(digest)) : Path.Combine(Home, digest.ToString()["sha256:".Length..]);

    private IEnumerable<DirectoryInfo> Litter() => ((string[])[Home, DataDirectory.Path(options.Value, "artifacts", "staging")])
        .Where(Directory.Exists).SelectMany(home => new DirectoryInfo(home).EnumerateDirectories()).Where(d => !ArtifactDigest.TryParse($"sha256:{d.Name}", null, out _));

    // Its age is the directory's time, so that a build that gives old content again makes it young.
    private void Touch(string path) => Directory.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);

    private void Forget(ArtifactDigest digest)
    {
        verified.TryRemove(digest, out _);
        DataDirectory.Remove(PathOf(digest));
    }

    /// <summary>Null when the content is what the name promises.</summary>
    private async Task<string?> DamageAsync(ArtifactDigest digest, CancellationToken cancellationToken)
    {
        var files = Path.Combine(PathOf(digest), FilesFolder);
        try
        {
            var fingerprint = ArtifactManifest.Fingerprint(files);
            if (verified.TryGetValue(digest, out var known) && known == fingerprint) return null;
            var found = await ArtifactManifest.ReadAsync(files, cancellationToken).ConfigureAwait(false);
            if (found.Digest == digest)
            {
                verified[digest] = fingerprint;
                return null;
            }
            var manifest = await File.ReadAllBytesAsync(Path.Combine(PathOf(digest), ManifestFile), cancellationToken).ConfigureAwait(false);
            return $"'{HostileText.Shown(ArtifactManifest.FirstDifference(manifest, found.Text))}' differs";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FlowException)
        {
            return $"it cannot be read: {e.GetType().Name}";
        }
    }

    private static async Task RefuseSpecialFilesAsync(string directory, CancellationToken cancellationToken)
    {
        // .NET cannot tell a pipe or a device from an empty file.
        if (OperatingSystem.IsWindows()) return;
        var found = await Cli.Wrap("find").WithArguments([directory, "!", "-type", "f", "!", "-type", "d", "!", "-type", "l", "-print", "-quit"])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken).ConfigureAwait(false);
        if (found.StandardOutput.Length > 0)
        {
            throw new FlowException("artifact-unsafe", $"The build made '{HostileText.Shown(Path.GetRelativePath(directory, found.StandardOutput.Trim()))}', which is neither a file nor a folder nor a link: remove it at the end of the build.");
        }
    }

    private static FlowException Missing(ArtifactDigest digest) => new("artifact-missing", $"The artifact {digest} is not in the data directory any more: build the revision anew.");

    private async Task<IDisposable> HoldAsync(ArtifactDigest digest, CancellationToken cancellationToken)
    {
        var gate = gates.GetOrAdd(digest, _ => new(1, 1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Hold(gate);
    }

    private sealed class Hold(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
