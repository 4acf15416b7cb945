using System.Text.Json.Serialization;

namespace Flow.Sources;

/// <summary>Whether code may be given what the app owns. Travels with a revision and with every artifact built from it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Trust>))]
public enum Trust
{
    /// <summary>A fork, or a proposal whose origin is unknown: gets nothing, and is not built.</summary>
    Untrusted,
    /// <summary>Such code after a maintainer approved exactly this commit: gets the variables and add-ons of review apps and nothing more, and only an isolating builder and runtime accept it.</summary>
    Approved,
    /// <summary>Somebody with write access to the repository put it there.</summary>
    Trusted,
}

/// <summary>One commit of a repository, and where it comes from.</summary>
public sealed record Revision
{
    /// <summary>The commit.</summary>
    public required CommitSha Sha { get; init; }

    /// <summary>The full ref it was seen at, such as <c>refs/heads/main</c> or <c>refs/pull/7/head</c>. Hostile text.</summary>
    public required string Ref { get; init; }

    /// <summary>Whether it may be given what the app owns.</summary>
    public required Trust Trust { get; init; }
}

/// <summary>Where a pipeline's code lives. One repository, or one root folder of it.</summary>
public sealed record SourceRepository
{
    /// <summary>Any URL or path that the source provider understands. Never carries credentials.</summary>
    public required string Url { get; init; }

    /// <summary>Folder inside the repository that holds the app, <c>/</c>-separated, relative, without <c>..</c>. Null: the top.</summary>
    public string? RootFolder { get; init; }

    /// <summary>The branch whose presence proves that a listing is complete.</summary>
    public string DefaultBranch { get; init; } = "main";

    /// <summary>Branches that count as proposals, as globs with <c>*</c>: <c>review/*</c>. Empty: none.</summary>
    public IReadOnlyList<string> ProposalBranches { get; init; } = [];

    /// <summary>
    /// Globs of the files that matter to this pipeline, relative to the repository: <c>services/api/**</c>; <c>!</c> first takes out again. Empty: what is
    /// below <see cref="RootFolder"/>, or all. A proposal that changes none of them gets no review app.
    /// </summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>
    /// Whether everybody who can create a pull-request ref of this repository may also push to it. False by default: such code is <see cref="Trust.Untrusted"/>.
    /// </summary>
    public bool TrustPullRequestRefs { get; init; }
}
