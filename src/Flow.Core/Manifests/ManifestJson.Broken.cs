using System.Text;
using System.Text.Json;

namespace Flow.Manifests;

/// <summary>What a person would say of a file that is no JSON. The reader's own words name bytes; these name the mistake.</summary>
internal sealed partial class ManifestJson
{
    private void Explain(JsonException broken)
    {
        var at = OffsetOf(broken);
        var token = previousEnd;
        // One may stand before a comment already.
        var (commasBefore, comma) = open.TryPeek(out var here) && here.Comma is { } before ? (1, before) : (0, 0);
        while (token < utf8.Length && utf8[token] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)',')
        {
            if (utf8[token] == (byte)',') (commasBefore, comma) = (commasBefore + 1, commasBefore == 0 || previous != JsonTokenType.PropertyName ? token : comma);
            token++;
            if (commasBefore > 1) break;
        }
        var (where, message) = Explain(token, Math.Max(at, token), commasBefore, comma);
        findings.Error(where, here?.Owner.Path ?? "$", $"this is no JSON: {message}");
    }

    private (int Where, string Message) Explain(int token, int at, int commasBefore, int comma)
    {
        var inside = open.TryPeek(out var level) ? level.Owner : null;
        // A number up to the very end is no mistake of its own.
        if (token >= utf8.Length || (inside is not null && utf8.AsSpan(token).TrimEnd(" \t\r\n"u8).IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)) return (utf8.Length, inside is null ? "the file is empty; write { } at least." : $"the file ends, but {Opened(inside)} is not closed: '{(inside.IsObject ? '}' : ']')}' is missing.");
        var found = Found(token);
        var first = (char)utf8[token];
        if (first == '/') return (token, "a comment that begins here is not finished, or is none: // up to the end of the line, or /* ... */.");
        if (inside is null) return (token, previous == JsonTokenType.None ? $"'{{' is expected, {found} stands here." : $"the file goes on after its closing bracket with {found}: remove it, or a bracket before it closes too much.");
        if (commasBefore > 0 && previous == JsonTokenType.PropertyName) return (comma, $"the value of '{HostileText.Shown(level!.Name)}' is missing.");
        if (commasBefore > 0 && (commasBefore > 1 || previous is JsonTokenType.StartObject or JsonTokenType.StartArray)) return (comma, "a comma too many: an entry is expected before it.");

        var begins = previous is JsonTokenType.StartObject or JsonTokenType.StartArray;
        if (previous == JsonTokenType.PropertyName) return first is ',' or '}' or ']' ? (token, $"the value of '{HostileText.Shown(level!.Name)}' is missing.") : Piece(token, at, "a value");
        if (commasBefore == 0 && !begins && first is not ('}' or ']')) return Between(token, at, inside, found);
        if (first is '}' or ']') return (token, $"'{first}' does not close {Opened(inside)}: '{(inside.IsObject ? '}' : ']')}' is expected, or a bracket is missing before.");
        return inside.IsObject ? NameOf(token, at) : Piece(token, at, "a value");
    }

    private (int Where, string Message) Between(int token, int at, ManifestValue inside, string found)
    {
        var (line, column) = findings.Place(tokenEnd);
        var close = inside.IsObject ? '}' : ']';
        return utf8[token] is (byte)'"' or (byte)'{' or (byte)'[' || char.IsAsciiLetterOrDigit((char)utf8[token])
            ? (token, $"',' or '{close}' is expected before {found}: a comma is missing behind line {line}, column {column}.")
            : (Math.Min(at, token), $"',' or '{close}' is expected, {found} stands here.");
    }

    private (int Where, string Message) NameOf(int token, int at)
    {
        if (utf8[token] != (byte)'"') return (token, $"a name in double quotes is expected, {Found(token)} stands here.");
        if (TextTrouble(token) is { } trouble) return trouble;
        return (at, $"':' and a value are expected after the name {Found(token)}: a list stands in [ ], an object needs names.");
    }

    private (int Where, string Message) Piece(int token, int at, string expected)
    {
        if (utf8[token] == (byte)'"' && TextTrouble(token) is { } trouble) return trouble;
        return utf8[token] switch
        {
            (byte)'-' or (byte)'+' or (byte)'.' or (>= (byte)'0' and <= (byte)'9') => (token, $"{Found(token)} is no number; a text stands in double quotes."),
            _ => (token == at ? at : token, $"{expected} is expected, {Found(token)} stands here; a text stands in double quotes."),
        };
    }

    /// <summary>What is wrong inside of a text, if anything.</summary>
    private (int Where, string Message)? TextTrouble(int token)
    {
        for (var i = token + 1; i < utf8.Length; i++)
        {
            switch (utf8[i])
            {
                case (byte)'"': return null;
                case (byte)'\n' or (byte)'\r': return (token, "the text that begins here is not closed on its line: a '\"' is missing, or a line break must be written \\n.");
                case < 0x20: return (i, $"a control character (U+{utf8[i]:X4}) stands in a text: write \\u{utf8[i]:X4}.");
                case (byte)'\\':
                    if (i + 1 >= utf8.Length) break;
                    if (!"\"\\/bfnrtu".Contains((char)utf8[i + 1], StringComparison.Ordinal)) return (i, $"'\\{Shown(i + 1, 1)}' means nothing: write \\\\ for a backslash.");
                    if (utf8[i + 1] == (byte)'u' && !(i + 5 < utf8.Length && utf8.AsSpan(i + 2, 4).ToArray().All(h => char.IsAsciiHexDigit((char)h)))) return (i, "\\u needs four hexadecimal digits.");
                    i++;
                    break;
            }
        }
        return (token, "the text that begins here is never closed: a '\"' is missing.");
    }

    private string Opened(ManifestValue inside)
    {
        var (line, column) = findings.Place(inside.At);
        return $"the {(inside.IsObject ? "object" : "list")} of line {line}, column {column}";
    }

    private string Found(int at)
    {
        var end = at + 1;
        var quoted = utf8[at] is (byte)'"' or (byte)'\'';
        if (quoted) end = utf8.AsSpan(at + 1).IndexOfAny(utf8[at], (byte)'\n') is >= 0 and var close ? at + 2 + close : utf8.Length;
        else while (end < utf8.Length && (char.IsAsciiLetterOrDigit((char)utf8[end]) || utf8[end] >= 0x80)) end++;
        var shown = Shown(at, Math.Min(end - at, 60));
        return quoted ? shown : $"'{shown}'";
    }

    private string Shown(int at, int length) => HostileText.Shown(Encoding.UTF8.GetString(utf8, at, Math.Min(length, utf8.Length - at)));

    private int OffsetOf(JsonException broken)
    {
        var start = 0;
        for (var line = broken.LineNumber ?? 0; line > 0 && utf8.AsSpan(start).IndexOf((byte)'\n') is >= 0 and var end; line--) start += end + 1;
        return (int)Math.Min(utf8.Length, start + (broken.BytePositionInLine ?? 0));
    }
}
