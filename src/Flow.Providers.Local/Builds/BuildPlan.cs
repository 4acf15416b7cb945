using Flow.Builds;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Builds;

/// <summary>What a build does, frozen when it starts: a host that was upgraded meanwhile goes on with it.</summary>
internal sealed record BuildPlan
{
    public required string Pack { get; init; }
    public required string Version { get; init; }
    public required DateTimeOffset Started { get; init; }
    public required IReadOnlyList<BuildStep> Steps { get; init; }

    public static Task<BuildPlan?> LoadAsync(string path, CancellationToken cancellationToken) => JsonFile.ReadAsync<BuildPlan>(path, cancellationToken);

    public Task SaveAsync(string path, CancellationToken cancellationToken) => JsonFile.WriteAsync(path, this, cancellationToken);
}

/// <summary>How a build ended. Kept after everything else of it is gone, so that asking again gives the same answer.</summary>
internal sealed record BuildRecord
{
    public Artifact? Artifact { get; init; }
    public Failure? Failure { get; init; }

    public static Task<BuildRecord?> LoadAsync(string path, CancellationToken cancellationToken) => JsonFile.ReadAsync<BuildRecord>(path, cancellationToken);

    public Task SaveAsync(string path, CancellationToken cancellationToken) => JsonFile.WriteAsync(path, this, cancellationToken);
}
