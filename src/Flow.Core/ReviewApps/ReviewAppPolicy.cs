using System.Text.Json.Serialization;

namespace Flow.ReviewApps;

/// <summary>When a proposal gets its review app.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReviewAppCreation>))]
public enum ReviewAppCreation
{
    /// <summary>By itself, as long as somebody vouches for the code.</summary>
    Automatic,
    /// <summary>While the proposal has <see cref="ReviewAppPolicy.Label"/>; without it the app goes.</summary>
    ByLabel,
    /// <summary>When somebody asks for it with <see cref="IReviewApps.CreateAsync"/>.</summary>
    ByHand,
}

/// <summary>What happens with proposals.</summary>
public sealed record ReviewAppPolicy
{
    /// <summary>When a proposal gets its app. Whatever stands here, code that nobody vouches for waits for an approval of exactly its commit.</summary>
    public ReviewAppCreation Create { get; init; } = ReviewAppCreation.Automatic;

    /// <summary>The label for <see cref="ReviewAppCreation.ByLabel"/>.</summary>
    public string Label { get; init; } = "review-app";

    /// <summary>Drafts get apps too.</summary>
    public bool Drafts { get; init; } = true;

    /// <summary>The gate <c>checks</c> comes first: nothing is provisioned before they are good. (Heroku: wait for CI.)</summary>
    public bool WaitForChecks { get; init; }

    /// <summary>Apps are named <c>BASE-KEY</c>, and so are their URLs, for the life of the proposal; null: the pipeline's name. A lower-case label.</summary>
    public string? BaseName { get; init; }

    /// <summary>At most so many at once, those being torn down included; the others wait in order of observation and say for which. Null: no limit.</summary>
    public int? MaxAlive { get; init; }

    /// <summary>Without a deployment or a visit for so long, an app goes, unless it is pinned; a new commit brings it back. Null: never. An hour to a year. (Heroku: 1 to 30 days without a deployment.)</summary>
    public TimeSpan? StaleAfter { get; init; }

    /// <summary>So long before that it is said.</summary>
    public TimeSpan StaleWarning { get; init; } = TimeSpan.FromDays(1);

    /// <summary><c>pr-predestroy</c> gets so long; after it the teardown goes on. At most a day.</summary>
    public TimeSpan PredestroyTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Names of the gates that each deployment passes first.</summary>
    public IReadOnlyList<string> Gates { get; init; } = [];

    /// <summary>Config vars of every review app, not secret. <c>IPipelines.SetStageConfigAsync</c> goes first, and takes secrets.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a review app knows of its proposal.</summary>
/// <param name="Key">Key.</param>
/// <param name="Number">Number at the host, when it has one.</param>
/// <param name="Branch">Branch it comes from, when known. Hostile text.</param>
public sealed record ReviewAppOrigin(string Key, int? Number, string? Branch);
