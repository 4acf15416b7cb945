using Flow.Engine;

namespace Flow.Releases;

/// <summary>Promotion and rollback, for hosts. The releases themselves stand in <see cref="Apps.AppState.Releases"/>.</summary>
public interface IReleases
{
    /// <summary>
    /// Releases the very artifact of a succeeded release on apps of later stages, without a build and with their own config. Targets are independent: each
    /// has its own outcome in <see cref="GetPromotionAsync"/>.
    /// </summary>
    /// <param name="from">Where it was proven.</param>
    /// <param name="targets">Apps of later stages of the same pipeline; null: all of the next stage that has any.</param>
    /// <param name="release">A succeeded, unexpired release; null: the one that serves.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="requestKey">Makes the request idempotent.</param>
    /// <param name="cancellationToken">Stops the waiting for the answer, not the promotion.</param>
    ValueTask<PromotionAnswer> PromoteAsync(AppName from, IReadOnlyList<AppName>? targets, int? release, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>How a promotion stands, or null when it is unknown or long ago.</summary>
    ValueTask<Promotion?> GetPromotionAsync(AppName from, string promotion, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a new release of an older artifact with its config, cancels the change in progress, and keeps automatic deployments back until somebody
    /// resumes. Add-ons and their data stay as they are.
    /// </summary>
    /// <param name="app">Whose.</param>
    /// <param name="toRelease">A succeeded, unexpired release; null: the one before the one that serves.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="requestKey">Makes the request idempotent.</param>
    /// <param name="cancellationToken">Stops the waiting for the answer, not the rollback.</param>
    ValueTask<Answer> RollBackAsync(AppName app, int? toRelease, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>What distinguishes two releases of an app: artifact, commit, and the names of config vars, never values.</summary>
    /// <exception cref="FlowException"><c>app-unknown</c>; <c>release-unknown</c>: there is none of that number, or it was forgotten.</exception>
    ValueTask<ReleaseDiff> DiffAsync(AppName app, int from, int to, CancellationToken cancellationToken = default);
}

/// <summary>Answer to a promotion.</summary>
/// <param name="Id">The promotion's id, when it was accepted.</param>
/// <param name="Answer">Accepted or refused.</param>
public sealed record PromotionAnswer(string Id, Answer Answer);
