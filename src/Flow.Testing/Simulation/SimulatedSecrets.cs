using Flow.Secrets;

namespace Flow.Testing.Simulation;

/// <summary>Secrets that can be recognized wherever they turn up, and their encryption.</summary>
internal sealed class SimulatedSecrets : ISecretProtector
{
    public static readonly byte[] Mark = "hidden-"u8.ToArray();

    public static string Value(string what) => $"hidden-{what}";
    public static bool IsSecret(string value) => value.Contains("hidden-", StringComparison.Ordinal);

    public string Protect(string purpose, string value) => $"{purpose}|{new string([.. value.Reverse()])}";

    public string Unprotect(string purpose, string ciphertext) => ciphertext.StartsWith(purpose + "|", StringComparison.Ordinal)
        ? new string([.. ciphertext[(purpose.Length + 1)..].Reverse()])
        : throw new FlowException("secret-unreadable", $"This is not the secret of {purpose}.");
}
