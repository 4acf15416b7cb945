using System.Security.Cryptography;
using Flow.Secrets;
using Microsoft.AspNetCore.DataProtection;

namespace Flow.AspNetCore.Secrets;

internal sealed class DataProtectionSecretProtector(SecretKeyRing keys) : ISecretProtector
{
    public string Protect(string purpose, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        ArgumentNullException.ThrowIfNull(value);
        try
        {
            return keys.For(purpose).Protect(value);
        }
        catch (Exception trouble) when (trouble is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw Unavailable(trouble);
        }
    }

    public string Unprotect(string purpose, string ciphertext)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        ArgumentNullException.ThrowIfNull(ciphertext);
        try
        {
            return keys.For(purpose).Unprotect(ciphertext);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException || trouble.InnerException is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(trouble);
        }
        catch (CryptographicException trouble)
        {
            throw new FlowException("secret-unreadable",
                $"The secret '{purpose}' cannot be decrypted: its key is not in the key directory, or it was encrypted for another place. Restore the key directory, or set the secret again.", inner: trouble);
        }
    }

    private static FlowException Unavailable(Exception trouble) =>
        new("secret-keys-unavailable", "The keys of Flow's secrets cannot be read or written: look at their directory and its rights. The host's log has the details.", transient: true, trouble);
}
