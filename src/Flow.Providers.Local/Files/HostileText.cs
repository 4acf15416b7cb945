using System.Text;

namespace Flow.Providers.Local.Files;

/// <summary>Text from outside on its way into a message for people.</summary>
internal static class HostileText
{
    /// <summary>Without control characters, and shortened; no character is cut in two.</summary>
    public static string Shown(string text, int max = 80)
    {
        var shown = new StringBuilder(Math.Min(text.Length, max));
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune)) continue;
            if (shown.Length + rune.Utf16SequenceLength > max - 3)
            {
                return text.Length <= max && !text.Any(char.IsControl) ? text : shown.Append("...").ToString();
            }
            shown.Append(rune.ToString());
        }
        return shown.ToString();
    }
}
