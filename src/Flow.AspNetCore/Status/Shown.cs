using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace Flow.AspNetCore.Status;

/// <summary>
/// How text from outside (commit messages, branch names, logs) is shown: as text that does nothing. Encoding stops markup; this stops what would still
/// deceive a reader: controls, terminal sequences, and marks that turn the direction of the text around.
/// </summary>
internal static partial class Shown
{
    private const int ControlPictures = 0x2400;

    /// <summary>Letters of all scripts stay readable in the page's source; what means something to HTML does not survive.</summary>
    public static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static string Text(string? text)
    {
        if (text is null) return "";
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var shown = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '\n' or '\t': shown.Append(c); break;
                case '\r' when i + 1 < text.Length && text[i + 1] == '\n': break;
                case '\r': shown.Append('\n'); break;
                case < ' ': shown.Append((char)(ControlPictures + c)); break;
                case '\u007f': shown.Append('\u2421'); break;
                case var _ when IsHidden(c): shown.Append(CultureInfo.InvariantCulture, $"[U+{(int)c:X4}]"); break;
                case var _ when char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]):
                    // Tag characters draw nothing and can hide whole sentences.
                    var rune = new Rune(c, text[++i]);
                    if (rune.Value is >= 0xE0000 and <= 0xE007F) shown.Append(CultureInfo.InvariantCulture, $"[U+{rune.Value:X}]");
                    else shown.Append(c).Append(text[i]);
                    break;
                case var _ when char.IsSurrogate(c) || c is '\ufffe' or '\uffff': shown.Append('\ufffd'); break;
                default: shown.Append(c); break;
            }
        }
        return shown.ToString();
    }

    /// <summary>One line of at most so many characters.</summary>
    public static string Line(string? text, int max)
    {
        if (text is null) return "";
        var line = text.AsSpan().Trim();
        if (line.IndexOfAny('\r', '\n') is var end and >= 0) line = line[..end];
        return line.Length <= max ? line.ToString() : string.Concat(line[..(char.IsHighSurrogate(line[max - 1]) ? max - 1 : max)], "…");
    }

    /// <summary>A log without its colours; any other terminal sequence stays visible.</summary>
    public static string WithoutColours(string log) => Colours().Replace(log, "");

    /// <summary>May become a link: anything else (<c>javascript:</c>) is text.</summary>
    public static bool IsWeb(Uri? url) => url is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" };

    private static bool IsHidden(char c) => c is '\u200b' or '\ufeff' or '\u2060' or '\u00ad' or (>= '\u0080' and <= '\u009f')
        or '\u061c' or '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\u2028' or '\u2029';

    [GeneratedRegex(@"\u001b\[[0-9;:]{0,32}m", RegexOptions.CultureInvariant)]
    private static partial Regex Colours();
}
