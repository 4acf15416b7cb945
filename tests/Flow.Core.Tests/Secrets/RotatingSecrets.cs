using Flow.Secrets;

namespace Flow.Core.Tests.Secrets;

/// <summary>A protector whose keys are numbers: <c>key|purpose|nonce|value</c>.</summary>
internal sealed class RotatingSecrets : ISecretProtector, ISecretRotation
{
    private int nonce;

    public int Newest { get; private set; } = 1;
    public HashSet<int> Lost { get; } = [];
    public Action? BeforeRewrap { get; set; }

    public string Protect(string purpose, string value) => $"{Newest}|{purpose}|{Interlocked.Increment(ref nonce)}|{value}";

    public string Unprotect(string purpose, string ciphertext) => ciphertext.Split('|') is [var key, var place, _, var value] && place == purpose && !Lost.Contains(KeyOf(ciphertext)) && int.Parse(key) > 0
        ? value
        : throw new FlowException("secret-unreadable", $"This is not the secret of {purpose}.");

    public string? Rewrap(string purpose, string ciphertext)
    {
        BeforeRewrap?.Invoke();
        var plain = Unprotect(purpose, ciphertext);
        return KeyOf(ciphertext) == Newest ? null : Protect(purpose, plain);
    }

    public ValueTask RotateAsync(CancellationToken cancellationToken)
    {
        Newest++;
        return ValueTask.CompletedTask;
    }

    public static int KeyOf(string ciphertext) => int.Parse(ciphertext.Split('|')[0]);
}
