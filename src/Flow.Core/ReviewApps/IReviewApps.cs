using System.Text.Json.Serialization;
using Flow.Apps;
using Flow.Engine;
using Flow.Sources;

namespace Flow.ReviewApps;

/// <summary>Review apps, for hosts: one disposable, complete copy of the app for each proposal. Requests are durable when the answer is there; waiting for one can be cancelled, the request cannot.</summary>
public interface IReviewApps
{
    /// <summary>Those that are there, that are going, and the proposals that have none yet, with the reason; by key.</summary>
    ValueTask<IReadOnlyList<ReviewApp>> ListAsync(PipelineName pipeline, CancellationToken cancellationToken = default);

    /// <summary>One of them, or null.</summary>
    ValueTask<ReviewApp?> GetAsync(PipelineName pipeline, string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Wants an app for an open proposal, whatever the policy says of labels, drafts and paths; one that was destroyed by hand comes back. The limit of apps alive and the
    /// approval of untrusted code still count. Idempotent.
    /// </summary>
    /// <param name="pipeline">Whose.</param>
    /// <param name="key">The proposal's key.</param>
    /// <param name="config">Config vars for this one app, from its beginning.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    ValueTask<Answer> CreateAsync(PipelineName pipeline, string key, IReadOnlyDictionary<string, ConfigVar>? config, string by, CancellationToken cancellationToken = default);

    /// <summary>The same for a branch without a proposal; the app goes when the branch does. The answer's remark is its key.</summary>
    ValueTask<Answer> CreateForBranchAsync(PipelineName pipeline, string branch, IReadOnlyDictionary<string, ConfigVar>? config, string by, CancellationToken cancellationToken = default);

    /// <summary>Destroys an app although its proposal is open. It stays away, also after new commits, until somebody wants it again.</summary>
    ValueTask<Answer> DestroyAsync(PipelineName pipeline, string key, string by, CancellationToken cancellationToken = default);

    /// <summary>Pinned, it does not go for being unused. Idempotent.</summary>
    ValueTask<Answer> PinAsync(PipelineName pipeline, string key, bool pinned, string by, CancellationToken cancellationToken = default);
}

/// <summary>How a review app stands. (Heroku: review app status.)</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReviewAppStatus>))]
public enum ReviewAppStatus
{
    /// <summary>There is none yet, or none any more: <see cref="ReviewApp.Reason"/> says what it waits for.</summary>
    Pending,
    /// <summary>Its first release is being made.</summary>
    Creating,
    /// <summary>It serves.</summary>
    Created,
    /// <summary>It is being torn down.</summary>
    Deleting,
    /// <summary>Its last run failed, or could not tear it down yet: <see cref="ReviewApp.Reason"/>. An older release may serve.</summary>
    Errored,
}

/// <summary>A review app, or a proposal that may get one.</summary>
public sealed record ReviewApp
{
    /// <summary>The proposal's key.</summary>
    public required string Key { get; init; }
    /// <summary>Its app, when it has one.</summary>
    public AppName? App { get; init; }
    /// <summary>How it stands.</summary>
    public required ReviewAppStatus Status { get; init; }
    /// <summary>What it waits for, or what went wrong. May hold text from outside.</summary>
    public string? Reason { get; init; }
    /// <summary>The proposal as last seen; null once it is closed.</summary>
    public Proposal? Proposal { get; init; }
    /// <summary>Stable URL, while there is an app.</summary>
    public Uri? Url { get; init; }
    /// <summary>Where the manifest sends people when the app is there: its <c>success_url</c>, resolved; null: it says nothing.</summary>
    public Uri? SuccessUrl { get; init; }
    /// <summary>Who pinned it; null: nobody.</summary>
    public string? PinnedBy { get; init; }
    /// <summary>Last deployment or visit, as far as known.</summary>
    public DateTimeOffset? ActiveAt { get; init; }
    /// <summary>It goes then unless something happens; null: it stays.</summary>
    public DateTimeOffset? StaleAt { get; init; }
}
