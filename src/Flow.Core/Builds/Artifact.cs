using Flow.Sources;

namespace Flow.Builds;

/// <summary>Immutable output of one build. Never rebuilt for a later stage.</summary>
public sealed record Artifact
{
    /// <summary>Over its content.</summary>
    public required ArtifactDigest Digest { get; init; }

    /// <summary>Name of the builder that made it, by which a runtime knows how to open it.</summary>
    public required string Builder { get; init; }

    /// <summary>Process type to command line (the user's own shell line). <c>web</c> gets traffic, <c>release</c> runs before a release.</summary>
    public required IReadOnlyDictionary<string, string> ProcessTypes { get; init; }

    /// <summary>Of the revision it was built from. Nothing untrusted ever serves a permanent stage.</summary>
    public required Trust Trust { get; init; }

    /// <summary>How it came to be.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>Bytes on disk, unpacked.</summary>
    public required long Size { get; init; }
}

/// <summary>How an artifact came to be.</summary>
public sealed record Provenance
{
    /// <summary>Repository URL.</summary>
    public required string Repository { get; init; }
    /// <summary>Root folder inside it, or null.</summary>
    public string? RootFolder { get; init; }
    /// <summary>The commit built.</summary>
    public required CommitSha Commit { get; init; }
    /// <summary>The tree built.</summary>
    public required string TreeId { get; init; }
    /// <summary>The builder's version.</summary>
    public required string BuilderVersion { get; init; }
    /// <summary>When it was finished; for people.</summary>
    public required DateTimeOffset BuiltAt { get; init; }
}
