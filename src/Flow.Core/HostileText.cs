using System.Text;

namespace Flow;

/// <summary>Text from outside (branch names, titles, files of a repository, answers of servers) on its way into a message for people.</summary>
public static class HostileText
{
    /// <summary>Shortened, and without what acts on a terminal, hides, or turns the direction of reading; no character is cut in two. Not escaped: that is for whoever writes HTML, SQL or a shell's line.</summary>
    /// <param name="text">Anything; null is shown as nothing.</param>
    /// <param name="max">Longest result, in UTF-16 units; where something was left off it ends with three dots, which count.</param>
    public static string Shown(string? text, int max = 80)
    {
        if (text is null) return "";
        var shown = new StringBuilder(Math.Min(text.Length, max));
        foreach (var rune in text.EnumerateRunes())
        {
            if (Deceives(rune)) continue;
            if (shown.Length + rune.Utf16SequenceLength > max - 3)
            {
                return text.Length <= max && !text.EnumerateRunes().Any(Deceives) ? text : shown.Append("...").ToString();
            }
            shown.Append(rune.ToString());
        }
        return shown.ToString();
    }

    /// <summary>Only shortened, to at most <paramref name="max"/> UTF-16 units: for what must stay what it is. No character is cut in two.</summary>
    public static string Cut(string text, int max)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];
    }

    private static bool Deceives(Rune rune) => Rune.IsControl(rune) || rune.Value is 0x061C or (>= 0x200B and <= 0x200F and not 0x200C and not 0x200D)
        or (>= 0x2028 and <= 0x202E) or (>= 0x2060 and <= 0x2069) or 0xFEFF or (>= 0xE0000 and <= 0xE007F);
}
