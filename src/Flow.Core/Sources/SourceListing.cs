using System.Text.Json.Serialization;

namespace Flow.Sources;

/// <summary>What a repository holds at one moment. Complete by contract.</summary>
public sealed record SourceListing
{
    /// <summary>Branches: name without <c>refs/heads/</c> to commit. Only branches; at most 5,000.</summary>
    public required IReadOnlyDictionary<string, CommitSha> Branches { get; init; }

    /// <summary>Proposals that are open, or that the host itself says are closed. At most 5,000.</summary>
    public required IReadOnlyList<Proposal> Proposals { get; init; }
}

/// <summary>A change proposed for review: a pull request, or a branch that matches the pipeline's pattern.</summary>
public sealed record Proposal
{
    /// <summary>Stable for the life of the proposal, and part of its review app's name: <c>pr-7</c>, <c>login-page</c>. A DNS label of at most 30 characters.</summary>
    public required string Key { get; init; }

    /// <summary>Its head.</summary>
    public required Revision Head { get; init; }

    /// <summary>Title for people. Hostile text; at most 200 characters.</summary>
    public string Title { get; init; } = "";

    /// <summary>Its number at the host, when it has one.</summary>
    public int? Number { get; init; }

    /// <summary>Branch it comes from, without <c>refs/heads/</c>, when known. Hostile text; at most 200 characters.</summary>
    public string? Branch { get; init; }

    /// <summary>Branch it is to be merged into, when known. Hostile text; at most 200 characters.</summary>
    public string? Base { get; init; }

    /// <summary>Its labels; null: the source knows none. Hostile text; at most 100 of at most 100 characters.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Its author does not want it reviewed yet.</summary>
    public bool Draft { get; init; }

    /// <summary>It is known to change nothing that the repository's <see cref="SourceRepository.Paths"/> and root folder name.</summary>
    public bool Untouched { get; init; }

    /// <summary>
    /// Closed says that the host was read back and holds it closed: enough evidence to tear down. A proposal that is merely missing
    /// counts as closed after two complete listings without it.
    /// </summary>
    public bool Closed { get; init; }
}

/// <summary>State of one check of one commit.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckState>))]
public enum CheckState
{
    /// <summary>Not finished.</summary>
    Pending,
    /// <summary>Good.</summary>
    Success,
    /// <summary>Bad: it holds a deployment back.</summary>
    Failure,
}

/// <summary>One check of one commit, by whichever system reported it. The newest report under a name counts.</summary>
/// <param name="Name">Unique per commit; at most 200 characters. Hostile text.</param>
/// <param name="State">Its state.</param>
/// <param name="Url">Where a person can read more; http or https only.</param>
public sealed record Check(string Name, CheckState State, Uri? Url = null);
