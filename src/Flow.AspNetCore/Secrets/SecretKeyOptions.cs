using Microsoft.AspNetCore.DataProtection;

namespace Flow.AspNetCore.Secrets;

/// <summary>How the keys are kept that encrypt secret config vars.</summary>
public sealed class SecretKeyOptions
{
    /// <summary>
    /// Encrypts the keys themselves, such as with <c>ProtectKeysWithCertificate</c>, or keeps them somewhere else than in the directory. This key
    /// ring is Flow's own, apart from the host's cookies: its keys must live as long as the secrets do.
    /// </summary>
    public Action<IDataProtectionBuilder>? ConfigureKeys { get; set; }

    /// <summary>
    /// Outside Development, accepts keys that lie in the directory in plain XML: whoever reads the directory and the store reads every secret. For hosts
    /// whose disk is encrypted, or whose directory is a mounted secret.
    /// </summary>
    public bool AllowUnencryptedKeys { get; set; }
}
