using System.Security.Cryptography;
using System.Text;
using Flow.Builds;
using Flow.Logs;
using Flow.Sources;

namespace Flow.Docs.Tests.Samples;

// <sample>
/// <summary>Takes a folder with an <c>index.html</c> as it is.</summary>
public sealed class StaticSiteBuilder(string store, ILogStore logs, TimeProvider time) : IBuilder, IBuildpackBuilder
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (Task<Artifact> Work, CancellationTokenSource Stop)> builds = [];

    public string Version => "static-site 1";

    public bool IsolatesUntrusted => true;   // copies files and runs nothing

    // Optional: without it, code whose app.json names buildpacks or a stack is refused.
    public string? ProblemOf(IReadOnlyList<string> buildpacks, string? stack)
    {
        for (var i = 0; i < buildpacks.Count; i++)
            if (buildpacks[i] != "heroku-community/static") return $"buildpacks[{i}] is none for static files: remove the entry, or name heroku-community/static.";
        return null;   // files are the same on every stack
    }

    public async ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) =>
        await source.ReadTextAsync("index.html", 1_000_000, cancellationToken).ConfigureAwait(false) is null
            ? new(false, "There is no index.html at the top: add one, or set the pipeline's RootFolder.")
            : new(true, "index.html");

    public async ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken)
    {
        // The first call starts it, each further one asks. The token only ends the asking: StopAsync ends the build.
        Task<Artifact> work;
        lock (gate)
        {
            if (!builds.TryGetValue(request.Id, out var build))
            {
                var stop = new CancellationTokenSource(request.Timeout, time);
                builds[request.Id] = build = (CopyAsync(request, stop.Token), stop);
            }
            work = build.Work;
        }
        if (!work.IsCompleted) return WorkStatus<Artifact>.Running(TimeSpan.FromMilliseconds(200));
        try
        {
            return WorkStatus<Artifact>.Done(await work.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return WorkStatus<Artifact>.Failed(new("build-stopped", $"The build was stopped, or took longer than {request.Timeout}."));
        }
        catch (IOException trouble)
        {
            return WorkStatus<Artifact>.Failed(new("artifact-not-written", $"The artifact cannot be written to {store}: {trouble.Message}", Transient: true));
        }
    }

    public async ValueTask StopAsync(string buildId, CancellationToken cancellationToken)
    {
        (Task<Artifact> Work, CancellationTokenSource Stop) build;
        lock (gate)
            if (!builds.Remove(buildId, out build)) return;   // unknown ids are no error
        using (build.Stop)
        {
            await build.Stop.CancelAsync().ConfigureAwait(false);
            await ((Task)build.Work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Artifact> CopyAsync(BuildRequest request, CancellationToken stop)
    {
        var log = await logs.OpenAsync(request.Log, stop).ConfigureAwait(false);
        await using var _ = log.ConfigureAwait(false);
        var files = await request.Source.ListFilesAsync(100_000, stop).ConfigureAwait(false);
        var digest = ArtifactDigest.Parse("sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Source.TreeId))));
        var (target, halfway) = (Path.Combine(store, digest.ToString()[7..]), Path.Combine(store, $"{request.Id}.halfway"));
        if (!Directory.Exists(target))
        {
            // Renamed when it is complete: after a crash, half an artifact is never taken for a whole one.
            if (Directory.Exists(halfway)) Directory.Delete(halfway, recursive: true);
            Directory.CreateDirectory(halfway);
            await request.Source.ExportAsync(halfway, stop).ConfigureAwait(false);
            Directory.Move(halfway, target);
        }
        await log.AppendAsync(Encoding.UTF8.GetBytes($"{files.Count} files copied\n"), stop).ConfigureAwait(false);
        return new()
        {
            Digest = digest,
            Builder = "static",
            ProcessTypes = new Dictionary<string, string> { ["web"] = "busybox httpd -f -p $PORT" },
            Trust = request.Revision.Trust,
            Provenance = new()
            {
                Repository = request.Repository.Url,
                RootFolder = request.Repository.RootFolder,
                Commit = request.Revision.Sha,
                TreeId = request.Source.TreeId,
                BuilderVersion = Version,
                BuiltAt = time.GetUtcNow(),
            },
            Size = Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length),
        };
    }
}
// </sample>
