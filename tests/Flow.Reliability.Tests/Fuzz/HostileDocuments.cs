using System.Globalization;
using System.Text;
using CsCheck;

namespace Flow.Reliability.Tests.Fuzz;

/// <summary>
/// Valid documents and what becomes of them in hostile hands: cut off, repeated, nested thousands of times, spliced, with NUL, terminal sequences, bad
/// UTF-8, deceiving Unicode and numbers at their limits in all places. One number gives one document.
/// </summary>
internal static class HostileDocuments
{
    private const int Longest = 64 * 1024;

    private static readonly byte[][] Tokens = [.. ((string[])
    [
        "\0", "\r\n", "\n", "\n\n", "\t", " ", "\u001b[31m", "\u001b]8;;http://x\u0007", "\u0007", "\u007f", "\u009b2J", "\u202e", "\u2066", "\ufeff", "\u2028", "\u200b", "а", "e\u0301", "ﬀ", "İ", "😀", "𐀀",
        "../", "..\\", "/etc/passwd", "C:\\", "CON", "NUL.txt", ".git", ".git/config", "--upload-pack=touch x", "-", "--", "-c", "$(touch x)", "`touch x`", ";", "|", "&&", "'", "\"", "\\", "%00", "%0a", "%2e%2e%2f",
        "{{7*7}}", "${jndi:ldap://x}", "{0}", "%s%n", "null", "true", "NaN", "1e999", "-1", "0", "00", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "2147483647", "2147483648",
        "4294967296", "0.1", "[", "]", "{", "}", ":", "=", ",", "/", ".", "..", "@", "#", "*", "?", "\"$type\":", "://", "sha256:", "refs/heads/", "ext::sh -c x", "<script>", "<![CDATA[", "&#0;",
    ]).Select(Encoding.UTF8.GetBytes), [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xfe, 0xff]];

    private static readonly string[] Openings = ["[", "{\"a\":", "(", "../", "a/", "<a>", "\"", "{", "refs/"];

    public static Gen<byte[]> Of(IReadOnlyList<string> valid) => Gen.Int[0, int.MaxValue - 1].Select(seed => Make(new(seed), [.. valid.Select(Encoding.UTF8.GetBytes)]));

    /// <summary>As text of UTF-16: also such that no UTF-8 can say, because half of a pair is missing.</summary>
    public static string Text(byte[] document) => document is [0xff, .. var rest]
        ? new string(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, char>(rest.AsSpan()))
        : Encoding.UTF8.GetString(document);

    private static byte[] Make(Random chance, byte[][] valid)
    {
        List<byte> made = [.. chance.Next(8) == 0 ? Rubbish(chance) : valid[chance.Next(valid.Length)]];
        for (var changes = chance.Next(6); changes > 0 && made.Count < Longest; changes--) Change(chance, made, valid);
        return [.. made.Take(Longest)];
    }

    private static void Change(Random chance, List<byte> made, byte[][] valid)
    {
        var at = chance.Next(made.Count + 1);
        var length = Math.Min(made.Count - at, 1 + chance.Next(chance.Next(4) == 0 ? 200 : 8));
        switch (chance.Next(13))
        {
            case 0: made.RemoveRange(at, made.Count - at); break;
            case 1: made.RemoveRange(at, length); break;
            case 2: Repeat(made, at, made.GetRange(at, length), 1 + chance.Next(4)); break;
            case 3: Repeat(made, at, made.GetRange(at, length), chance.Next(3) == 0 ? Longest / Math.Max(1, length) : 1 + chance.Next(300)); break;
            case 4 or 5 or 6: made.InsertRange(at, Tokens[chance.Next(Tokens.Length)]); break;
            case 7 when length > 0: made[at] = (byte)chance.Next(256); break;
            case 8 when length > 0: made[at] ^= (byte)(1 << chance.Next(8)); break;
            case 9: Repeat(made, at, Encoding.UTF8.GetBytes(Openings[chance.Next(Openings.Length)]), 1 + chance.Next(chance.Next(4) == 0 ? 8_000 : 100)); break;
            case 10: made.InsertRange(at, valid[chance.Next(valid.Length)]); break;
            case 11: Value(chance, made); break;
            default: Number(chance, made); break;
        }
    }

    private static void Repeat(List<byte> made, int at, IReadOnlyList<byte> piece, int times)
    {
        var room = Math.Max(0, Longest - made.Count) / Math.Max(1, piece.Count);
        made.InsertRange(at, Enumerable.Repeat(piece, Math.Min(times, room)).SelectMany(p => p));
    }

    /// <summary>Another number where one stands.</summary>
    private static void Number(Random chance, List<byte> made)
    {
        var from = made.FindIndex(chance.Next(made.Count + 1) is var start && start < made.Count ? start : 0, b => char.IsAsciiDigit((char)b));
        if (from < 0) return;
        var to = made.FindIndex(from, b => !char.IsAsciiDigit((char)b));
        made.RemoveRange(from, (to < 0 ? made.Count : to) - from);
        made.InsertRange(from, Tokens[chance.Next(Tokens.Length)]);
    }

    /// <summary>Another kind of value behind a colon.</summary>
    private static void Value(Random chance, List<byte> made)
    {
        var colon = made.FindIndex(chance.Next(made.Count + 1) is var start && start < made.Count ? start : 0, b => b == ':');
        if (colon < 0) return;
        var end = made.FindIndex(colon, b => b is (byte)',' or (byte)'}' or (byte)'\n');
        made.RemoveRange(colon + 1, (end < 0 ? made.Count : end) - colon - 1);
        string[] kinds = ["null", "[]", "{}", "[null]", "{\"a\":null}", "\"\"", "\"text\"", "true", "-1", "1e400", "9223372036854775807", "[[]]", chance.Next().ToString(CultureInfo.InvariantCulture)];
        made.InsertRange(colon + 1, Encoding.UTF8.GetBytes(kinds[chance.Next(kinds.Length)]));
    }

    private static byte[] Rubbish(Random chance)
    {
        var bytes = new byte[chance.Next(chance.Next(8) == 0 ? 4_000 : 60)];
        chance.NextBytes(bytes);
        return bytes;
    }
}
