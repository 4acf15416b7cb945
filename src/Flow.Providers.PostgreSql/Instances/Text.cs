namespace Flow.Providers.PostgreSql.Instances;

/// <summary>Text on its way into SQL.</summary>
internal static class Text
{
    /// <summary>An identifier, whatever is in it.</summary>
    public static string Quoted(string name) => name.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException("An identifier cannot hold NUL.", nameof(name)) : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A literal, where a statement takes no parameters. The provider's sessions have <c>standard_conforming_strings</c> on.</summary>
    public static string Literal(string text) => text.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException("A literal cannot hold NUL.", nameof(text)) : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
