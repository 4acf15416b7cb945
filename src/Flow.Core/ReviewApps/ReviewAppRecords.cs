using System.Text.Json.Serialization;
using Flow.Apps;

namespace Flow.ReviewApps;

/// <summary>What a proposal's review app, or its newest head, waits for. <see cref="IReviewApps.ListAsync"/> has it in words.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReviewAppWait>))]
public enum ReviewAppWait
{
    /// <summary>A builder and a runtime that isolate: nobody vouches for the head, and those of the pipeline do not.</summary>
    Isolation,
    /// <summary>A maintainer who approves exactly this commit.</summary>
    Approval,
    /// <summary>The policy's label.</summary>
    Label,
    /// <summary>A source that knows labels, or somebody who asks for the app.</summary>
    Labels,
    /// <summary>Somebody who asks for the app.</summary>
    Request,
    /// <summary>"Ready for review".</summary>
    Ready,
    /// <summary>A change of a file that matters to the pipeline.</summary>
    Change,
    /// <summary>Somebody who wants it again: it was destroyed by hand.</summary>
    Return,
    /// <summary>A new commit: it went for being unused.</summary>
    Push,
    /// <summary>Another name: it cannot have the one that it would have.</summary>
    Name,
    /// <summary>Room below the policy's limit.</summary>
    Room,
}

/// <summary>Why an app is away although its proposal is open.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReviewAppAbsence>))]
public enum ReviewAppAbsence
{
    /// <summary>Somebody destroyed it: until somebody wants it again.</summary>
    Dismissed,
    /// <summary>Nobody used it: until the next commit.</summary>
    Stale,
}

/// <summary>An app is away although its proposal is open.</summary>
/// <param name="For">Why.</param>
/// <param name="By">Who wanted that.</param>
/// <param name="At">Since when.</param>
public sealed record ReviewAppAway(ReviewAppAbsence For, string By, DateTimeOffset At);

/// <summary>An app that is being torn down, until nothing is left of it.</summary>
/// <param name="Key">The proposal's key.</param>
/// <param name="App">The app.</param>
/// <param name="Evidence">Why it goes.</param>
/// <param name="Since">Since when.</param>
public sealed record ReviewAppTeardown(string Key, AppName App, string Evidence, DateTimeOffset Since)
{
    /// <summary>So many heads had been observed by then.</summary>
    [JsonInclude]
    internal long SeenUntil { get; init; }
}

/// <summary>A branch that somebody wants an app for, without a proposal; kept as long as the app is wanted.</summary>
/// <param name="Branch">Without <c>refs/heads/</c>. Hostile text.</param>
/// <param name="By">Who wants it.</param>
/// <param name="At">Since when.</param>
/// <param name="Config">Config vars for this one app.</param>
/// <param name="Missing">From so many complete listings in a row it has been missing, before it was ever seen.</param>
public sealed record WantedBranch(string Branch, string By, DateTimeOffset At, IReadOnlyDictionary<string, ConfigValue>? Config = null, int Missing = 0)
{
    /// <summary>The app that the secrets of <see cref="Config"/> are bound to.</summary>
    [JsonInclude]
    internal AppName? ConfigFor { get; init; }
}

/// <summary>Config vars of all apps of an ephemeral stage, at one moment; immutable.</summary>
/// <param name="Version">Grows with each change.</param>
/// <param name="Values">Name to value. Ciphertexts are bound to pipeline, stage and name.</param>
/// <param name="By">Who changed them.</param>
/// <param name="At">When.</param>
public sealed record StageConfig(int Version, IReadOnlyDictionary<string, ConfigValue> Values, string By, DateTimeOffset At);
