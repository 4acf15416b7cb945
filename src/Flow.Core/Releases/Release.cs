using System.Text.Json.Serialization;
using Flow.Builds;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Releases;

/// <summary>How a release stands. (Heroku: release status.)</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReleaseState>))]
public enum ReleaseState
{
    /// <summary>Its run is at work.</summary>
    Pending,
    /// <summary>It served, or serves.</summary>
    Succeeded,
    /// <summary>It never served; the one before went on.</summary>
    Failed,
    /// <summary>It served once and is past its retention: not eligible for rollback or promotion.</summary>
    Expired,
}

/// <summary>v1, v2, ... of an app: artifact + config version. Immutable but for its state.</summary>
public sealed record Release
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }
    /// <summary>How it stands.</summary>
    public required ReleaseState State { get; init; }
    /// <summary>The run that made it.</summary>
    public required RunId Run { get; init; }
    /// <summary>Why it was made.</summary>
    public required RunKind Kind { get; init; }
    /// <summary>What runs.</summary>
    public required Artifact Artifact { get; init; }
    /// <summary>With which config version.</summary>
    public required int Config { get; init; }
    /// <summary>Names what its code said of itself: one of <see cref="Apps.AppState.Manifests"/>; null: nothing.</summary>
    public string? Manifest { get; init; }
    /// <summary>Content hash of the files that matter, when not all do.</summary>
    public string? Watched { get; init; }
    /// <summary>Add-ons that it is bound to, by reference: credentials are asked for at each start.</summary>
    public IReadOnlyList<AddOnReference> AddOns { get; init; } = [];
    /// <summary>What its manifest changed of the app, or could not; names, never values.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
    /// <summary>The code, as it was observed when it was deployed first.</summary>
    public Revision? Revision { get; init; }
    /// <summary>Where it was proven, for a promotion.</summary>
    public PromotionOrigin? Origin { get; init; }
    /// <summary>Its processes.</summary>
    public required DeploymentId Deployment { get; init; }
    /// <summary>Where they listen.</summary>
    public IReadOnlyList<Uri> Endpoints { get; init; } = [];
    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }
    /// <summary>When it was begun.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it served or failed.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>May be rolled back to or promoted.</summary>
    [JsonIgnore]
    public bool Eligible => State == ReleaseState.Succeeded;
}

/// <summary>An add-on as a release refers to it.</summary>
/// <param name="Name">Its name in the app.</param>
/// <param name="Id">Of the instance.</param>
public sealed record AddOnReference(string Name, string Id);

/// <summary>Where a promoted artifact was proven.</summary>
public sealed record PromotionOrigin(string Promotion, AppName From, int Release);

/// <summary>How one target of a promotion stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PromotionState>))]
public enum PromotionState
{
    /// <summary>At work.</summary>
    Pending,
    /// <summary>It serves.</summary>
    Succeeded,
    /// <summary>Refused or failed; the target goes on as it was.</summary>
    Failed,
}

/// <summary>One promotion of one release to several targets; each has its own outcome. (Heroku: pipeline-promotion.)</summary>
public sealed record Promotion
{
    /// <summary>Unique.</summary>
    public required string Id { get; init; }
    /// <summary>What is promoted.</summary>
    public required int Release { get; init; }
    /// <summary>Its artifact.</summary>
    public required ArtifactDigest Artifact { get; init; }
    /// <summary>Who asked.</summary>
    public required string By { get; init; }
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>Whereto.</summary>
    public required IReadOnlyList<PromotionTarget> Targets { get; init; }
    /// <summary>Every target has ended; it does not mean that all succeeded.</summary>
    [JsonIgnore]
    public bool Completed => Targets.All(t => t.State != PromotionState.Pending);
}

/// <summary>One target.</summary>
public sealed record PromotionTarget(AppName App, PromotionState State, int? Release = null, string? Reason = null, RunId? Run = null);
