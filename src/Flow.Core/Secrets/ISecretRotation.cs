namespace Flow.Secrets;

/// <summary>Keys that change: an optional ability of an <see cref="ISecretProtector"/>. Both are idempotent in what they mean: repeated, they only do more of the same.</summary>
public interface ISecretRotation
{
    /// <summary>
    /// The same secret under the newest key; null when it is under the newest key already. Reads what a revoked key has encrypted, which ordinary reading refuses:
    /// otherwise nobody could get away from a key that has leaked.
    /// </summary>
    /// <param name="purpose">Its place, as it was protected for; it stays the same.</param>
    /// <param name="ciphertext">What <see cref="ISecretProtector.Protect"/> or an earlier call has returned.</param>
    /// <exception cref="FlowException"><c>secret-unreadable</c>: the key is gone, or the place is another. <c>secret-keys-unavailable</c> (transient): the keys cannot be read now.</exception>
    string? Rewrap(string purpose, string ciphertext);

    /// <summary>
    /// Makes a new key the newest: when it returns, this process encrypts with it. Older keys go on decrypting. Cancelled before the key is written it has done nothing.
    /// </summary>
    /// <exception cref="FlowException"><c>secret-keys-unavailable</c> (transient): the keys cannot be written now. <c>secret-rotation-unavailable</c>: these keys cannot change.</exception>
    ValueTask RotateAsync(CancellationToken cancellationToken);
}
