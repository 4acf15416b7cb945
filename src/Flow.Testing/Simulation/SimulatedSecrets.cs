using Flow.Secrets;

namespace Flow.Testing.Simulation;

/// <summary>Secrets that can be recognized wherever they turn up, and their encryption.</summary>
internal sealed class SimulatedSecrets(Outside? outside = null) : ISecretProtector
{
    private const int GeneratedLength = 64;

    public static readonly byte[] Mark = "hidden-"u8.ToArray();

    public static string Value(string what) => $"hidden-{what}";
    public static bool IsSecret(string value) => value.Contains("hidden-", StringComparison.Ordinal);

    /// <summary>What the engine has generated is as random as the system: here it is another one each time, and the same in each play.</summary>
    public string Protect(string purpose, string value)
    {
        if (outside is not null && value.Length == GeneratedLength) value = Value($"generated-{++outside.Generated}");
        return $"{purpose}|{new string([.. value.Reverse()])}";
    }

    public string Unprotect(string purpose, string ciphertext) => ciphertext.StartsWith(purpose + "|", StringComparison.Ordinal)
        ? new string([.. ciphertext[(purpose.Length + 1)..].Reverse()])
        : throw new FlowException("secret-unreadable", $"This is not the secret of {purpose}.");
}
