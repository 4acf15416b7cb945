namespace Flow.Secrets;

/// <summary>The keys of secret config vars, for hosts.</summary>
public interface ISecretKeys
{
    /// <summary>
    /// Encrypts every secret that apps and pipelines keep with the newest key. Values stay, nothing is deployed or restarted, and no config version or release is made.
    /// Each app is one commit: cancelled or crashed on the way, what is done is done, and the next call goes on. Repeated, it finds nothing left to do.
    /// </summary>
    /// <remarks>
    /// Runs in flight keep what they were given, event history and backups keep what was: older keys are needed until those are gone. Ask again when they should have
    /// ended; old keys may go when it rewraps nothing and finds nothing unreadable.
    /// </remarks>
    /// <param name="rotateFirst">Makes a new key first; otherwise takes the newest there is.</param>
    /// <param name="cancellationToken">Stops between two apps.</param>
    /// <exception cref="FlowException">
    /// <c>secret-rotation-unavailable</c>: the host's <see cref="ISecretProtector"/> is no <see cref="ISecretRotation"/>, or its keys cannot change. <c>state-unreadable</c>: a stored app or
    /// pipeline cannot be read; those before it are done. Transient: <c>secret-keys-unavailable</c>, and those of the store.
    /// </exception>
    ValueTask<RewrapReport> RewrapAsync(bool rotateFirst, CancellationToken cancellationToken = default);
}

/// <summary>What was found. A secret is counted once in each app that keeps it; older values that a rollback may come back to are secrets of their own.</summary>
/// <param name="Rewrapped">Under the newest key now.</param>
/// <param name="Current">Were so before.</param>
/// <param name="Unreadable">Cannot be decrypted.</param>
/// <param name="UnreadablePlaces">Where those are, the first <see cref="MostPlaces"/> of them: <c>app/shop-staging/config/TOKEN</c>. Set them again, or bring their key back.</param>
public sealed record RewrapReport(int Rewrapped, int Current, int Unreadable, IReadOnlyList<string> UnreadablePlaces)
{
    /// <summary>So many places are listed.</summary>
    public const int MostPlaces = 1000;
}
