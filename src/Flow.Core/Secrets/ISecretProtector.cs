namespace Flow.Secrets;

/// <summary>Encrypts config values at rest. Events, snapshots and logs hold what it returns, never what it was given.</summary>
public interface ISecretProtector
{
    /// <summary>Encrypts. <paramref name="purpose"/> binds the result to its place (app and name): elsewhere it does not decrypt.</summary>
    string Protect(string purpose, string value);

    /// <summary>Decrypts. Throws <see cref="FlowException"/> <c>secret-unreadable</c> when the key is gone or the place is another.</summary>
    string Unprotect(string purpose, string ciphertext);
}
