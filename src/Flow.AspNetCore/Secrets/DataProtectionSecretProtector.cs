using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Flow.Secrets;
using Microsoft.AspNetCore.DataProtection;

namespace Flow.AspNetCore.Secrets;

internal sealed class DataProtectionSecretProtector(SecretKeyRing keys) : ISecretProtector, ISecretRotation
{
    public string Protect(string purpose, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        ArgumentNullException.ThrowIfNull(value);
        return Guarded(() => keys.NewestFor(purpose).Protect(value));
    }

    public string Unprotect(string purpose, string ciphertext)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        ArgumentNullException.ThrowIfNull(ciphertext);
        var (bytes, _, revoked) = Read(purpose, ciphertext, () => keys.For(purpose));
        CryptographicOperations.ZeroMemory(revoked ? bytes : []);
        return revoked
            ? throw new FlowException("secret-unreadable", $"The secret '{purpose}' is under a key that was revoked: encrypt everything anew with ISecretKeys.RewrapAsync. If the key has leaked, replace the secret.")
            : Encoding.UTF8.GetString(bytes);
    }

    public string? Rewrap(string purpose, string ciphertext)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        ArgumentNullException.ThrowIfNull(ciphertext);
        var (bytes, old, _) = Read(purpose, ciphertext, () => keys.NewestFor(purpose));
        try
        {
            return old ? Guarded(() => Base64Url.EncodeToString(keys.For(purpose).Protect(bytes))) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public ValueTask RotateAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Guarded(() =>
        {
            keys.Rotate();
            return true;
        });
        return ValueTask.CompletedTask;
    }

    private (byte[] Bytes, bool Old, bool Revoked) Read(string purpose, string ciphertext, Func<IDataProtector> protector)
    {
        try
        {
            var wrapped = Base64Url.DecodeFromChars(ciphertext);
            try
            {
                return Open(protector(), wrapped);
            }
            catch (CryptographicException trouble) when (!IsOutage(trouble))
            {
                // Perhaps another host has made the key.
                if (!keys.Refresh()) throw;
                return Open(protector(), wrapped);
            }
        }
        catch (Exception trouble) when (IsOutage(trouble))
        {
            throw Unavailable(trouble);
        }
        catch (Exception trouble) when (trouble is CryptographicException or FormatException)
        {
            throw new FlowException("secret-unreadable",
                $"The secret '{purpose}' cannot be decrypted: its key is not in the key directory, or it was encrypted for another place. Restore the key directory, or set the secret again.", inner: trouble);
        }
    }

    private static (byte[] Bytes, bool Old, bool Revoked) Open(IDataProtector protector, byte[] wrapped) => protector is IPersistedDataProtector persisted
        ? (persisted.DangerousUnprotect(wrapped, ignoreRevocationErrors: true, out var old, out var revoked), old, revoked)
        // A host's own provider, which does not say which key it was: whatever it can read counts as old.
        : (protector.Unprotect(wrapped), true, false);

    private static T Guarded<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception trouble) when (trouble is CryptographicException || IsOutage(trouble))
        {
            throw Unavailable(trouble);
        }
    }

    /// <summary>The place of the keys is at fault, not a ciphertext.</summary>
    private static bool IsOutage(Exception trouble) => SecretKeyRing.IsOutage(trouble) || (trouble.InnerException is { } inner && SecretKeyRing.IsOutage(inner));

    private static FlowException Unavailable(Exception trouble) =>
        new("secret-keys-unavailable", "The keys of Flow's secrets cannot be read or written: look at their directory and its rights. The host's log has the details.", transient: true, trouble);
}
