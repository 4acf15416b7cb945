using Flow.Sources;

namespace Flow.Builds;

/// <summary>
/// Turns a source tree into an artifact. Sees code and build inputs only: never an app's config, so that one artifact serves every stage.
/// </summary>
/// <remarks>Registered under a name. Thread-safe. Failures of the code are data (<see cref="WorkStatus{T}"/>); exceptions are for the builder's own trouble.</remarks>
public interface IBuilder
{
    /// <summary>
    /// Changes whenever the same source could give another artifact (tool version, options): part of the artifact's identity.
    /// </summary>
    string Version { get; }

    /// <summary>Whether code that nobody vouches for may be built: true only when a build can reach neither secrets nor other builds.</summary>
    bool IsolatesUntrusted { get; }

    /// <summary>"Is this mine?" Looks at file names and small files only. Says in <see cref="Detection.Reason"/> why not, in words for a person.</summary>
    ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken);

    /// <summary>
    /// Starts the build <see cref="BuildRequest.Id"/>, or reports on it when it was started before (also by an engine that has died since).
    /// Output goes to the request's log, masked. A broken project is a permanent failure whose message names the error and the place.
    /// </summary>
    ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken);

    /// <summary>Stops a build and all its processes, at most 10 s; returns when nothing of it is left. Unknown ids are no error.</summary>
    ValueTask StopAsync(string buildId, CancellationToken cancellationToken);
}

/// <summary>Optional: the builder keeps artifacts itself and can drop those that nothing refers to.</summary>
public interface IArtifactRetention
{
    /// <summary>Removes artifacts that are not in <paramref name="keep"/> and older than <paramref name="olderThan"/>. Returns how many went.</summary>
    ValueTask<int> PruneAsync(IReadOnlySet<ArtifactDigest> keep, TimeSpan olderThan, CancellationToken cancellationToken);
}

/// <summary>Optional: the builder knows buildpacks or stacks. Without it, code that asks for any is refused.</summary>
public interface IBuildpackBuilder
{
    /// <summary>Why the builder cannot do what <c>app.json</c> asks for, naming the entry and the fix; null when it can. Called before <see cref="IBuilder.DetectAsync"/>.</summary>
    /// <param name="buildpacks">Names or URLs in their order, as written. Hostile text.</param>
    /// <param name="stack">As written, or null. Hostile text.</param>
    string? ProblemOf(IReadOnlyList<string> buildpacks, string? stack);
}

/// <summary>Answer to "is this mine?".</summary>
/// <param name="Mine">The builder takes it.</param>
/// <param name="Reason">What was found, or what was looked for in vain and how to provide it.</param>
public sealed record Detection(bool Mine, string Reason);

/// <summary>One build.</summary>
public sealed record BuildRequest
{
    /// <summary>Chosen by the engine; the same build is always asked for under the same id. Letters, digits and dashes.</summary>
    public required string Id { get; init; }

    /// <summary>The code.</summary>
    public required ISourceTree Source { get; init; }

    /// <summary>What it was taken from, for the provenance.</summary>
    public required Revision Revision { get; init; }

    /// <summary>Where it was taken from, for the provenance.</summary>
    public required SourceRepository Repository { get; init; }

    /// <summary>Buildpacks that the code asks for, as <see cref="IBuildpackBuilder"/> accepted them.</summary>
    public IReadOnlyList<string> Buildpacks { get; init; } = [];

    /// <summary>Stack that the code asks for.</summary>
    public string? Stack { get; init; }

    /// <summary>Names one build cache: builds of one pipeline and one trust share it.</summary>
    public required string CacheKey { get; init; }

    /// <summary>Log to append the output to.</summary>
    public required Logs.LogId Log { get; init; }

    /// <summary>The build is stopped and failed after this long.</summary>
    public required TimeSpan Timeout { get; init; }
}
