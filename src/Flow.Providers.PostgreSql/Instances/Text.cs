using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>Text on its way into SQL, URLs and messages.</summary>
internal static class Text
{
    /// <summary>An identifier, whatever is in it.</summary>
    public static string Quoted(string name) => name.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException("An identifier cannot hold NUL.", nameof(name)) : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A literal, where a statement takes no parameters. The provider's sessions have <c>standard_conforming_strings</c> on.</summary>
    public static string Literal(string text) => text.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException("A literal cannot hold NUL.", nameof(text)) : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Foreign text for people: bounded, without what acts on a terminal.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Shown(string? text, int most = 80)
    {
        if (text is null) return null;
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) continue;
            if (shown.Length >= most) return shown.Append("...").ToString();
            shown.Append(rune.ToString());
        }
        return shown.ToString();
    }
}
