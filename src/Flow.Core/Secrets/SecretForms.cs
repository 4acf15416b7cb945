using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace Flow.Secrets;

/// <summary>
/// Every form in which a value is looked for: as it is, trimmed, each of its lines, and all of these as programs print them in passing: base64 (also inside
/// a longer base64 text, where it stands at one of three alignments, and in its URL alphabet), hexadecimal, URL-escaped and JSON-escaped.
/// </summary>
internal static class SecretForms
{
    /// <summary>Longer lines are looked for as they are, not encoded: each encoding costs memory for every byte of it.</summary>
    public const int LongestEncoded = 4096;

    /// <summary>The value, its lines, and both without the white space around them; without those that are too short to be masked.</summary>
    public static IEnumerable<string> Plain(string value) => value.Split('\n').Append(value).SelectMany(text => new[] { text.TrimEnd('\r'), text, text.Trim() })
        .Where(form => form.Length >= SecretMasker.MinimumLength && !string.IsNullOrWhiteSpace(form)).Distinct(StringComparer.Ordinal);

    /// <summary>All of them; some are there twice.</summary>
    public static IEnumerable<string> Of(string value) => Plain(value).SelectMany(plain => plain.Length > LongestEncoded ? [plain] : Encoded(plain));

    private static IEnumerable<string> Encoded(string plain)
    {
        var bytes = Encoding.UTF8.GetBytes(plain);
        yield return plain;
        yield return Convert.ToHexString(bytes);
        yield return Convert.ToHexStringLower(bytes);
        var base64 = Convert.ToBase64String(bytes);
        foreach (var text in (string[])[Within(bytes, 0), Within(bytes, 1), Within(bytes, 2), base64.TrimEnd('='), base64])
        {
            yield return text;
            yield return text.Replace('+', '-').Replace('/', '_');
        }
        foreach (var escaped in UrlEscaped(plain, bytes).Concat(JsonEscaped(plain))) yield return escaped;
    }

    /// <summary>The characters of a longer base64 text that these bytes alone decide, when so many others stand before them in their group of three.</summary>
    private static string Within(byte[] bytes, int alignment)
    {
        var text = Convert.ToBase64String([.. new byte[alignment], .. bytes]);
        var (from, to) = ((alignment * 8 + 5) / 6, (alignment + bytes.Length) * 8 / 6);
        return text[from..to];
    }

    private static IEnumerable<string> UrlEscaped(string plain, byte[] bytes)
    {
        // What is left as it is differs: RFC 3986, JavaScript's component and whole URL, and forms, which also make a blank a plus.
        foreach (var left in (string[])["-_.~", "-_.~!'()*", "-_.~!'()*;,/?:@&=+$#", "-_.~!$&'()*+,;=:@", "-_.*", "-_.!*()"])
        {
            foreach (var format in (string[])["X2", "x2"])
            {
                var escaped = new StringBuilder();
                foreach (var b in bytes)
                {
                    if (char.IsAsciiLetterOrDigit((char)b) || left.Contains((char)b)) escaped.Append((char)b);
                    else escaped.Append('%').Append(b.ToString(format, CultureInfo.InvariantCulture));
                }
                yield return escaped.ToString();
                if (plain.Contains(' ')) yield return escaped.ToString().Replace("%20", "+", StringComparison.Ordinal);
            }
        }
        yield return WebUtility.UrlEncode(plain);
    }

    private static IEnumerable<string> JsonEscaped(string plain)
    {
        yield return JavaScriptEncoder.Default.Encode(plain);
        yield return JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(plain);
        // JSON.stringify; Go (markup); Python (ASCII only); PHP (ASCII only, and slashes).
        yield return Json(plain, escaped: "", ascii: false);
        yield return Json(plain, escaped: "<>&\u2028\u2029", ascii: false);
        yield return Json(plain, escaped: "", ascii: true);
        yield return Json(plain, escaped: "", ascii: true).Replace("/", "\\/", StringComparison.Ordinal);
    }

    private static string Json(string plain, string escaped, bool ascii)
    {
        var json = new StringBuilder(plain.Length);
        foreach (var c in plain)
        {
            _ = c switch
            {
                '"' or '\\' => json.Append('\\').Append(c),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                _ when c < ' ' || (ascii && c > '~') || escaped.Contains(c) => json.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => json.Append(c),
            };
        }
        return json.ToString();
    }
}
