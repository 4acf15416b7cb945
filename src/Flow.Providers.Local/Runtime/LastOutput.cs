using Flow.Secrets;

namespace Flow.Providers.Local.Runtime;

/// <summary>The end of an app's output, for a message to a person.</summary>
internal static class LastOutput
{
    private const int MostLines = 6, MostCharacters = 800;

    public static string Of(IReadOnlyCollection<string> secrets, string tail)
    {
        // The log was masked with the secrets of its start; those of now may be others.
        var lines = new SecretMasker(secrets).Apply(tail).Split('\n').Select(Plain).Where(l => l.Length > 0 && !l.StartsWith("[flow]", StringComparison.Ordinal)).TakeLast(MostLines);
        var text = string.Join('\n', lines);
        if (text.Length > MostCharacters) text = text[^MostCharacters..];
        return text.Length == 0 ? " It printed nothing." : $" Last output:\n{text}";
    }

    private static string Plain(string line) => new string([.. line.Select(c => char.IsControl(c) ? ' ' : c)]).TrimEnd();
}
