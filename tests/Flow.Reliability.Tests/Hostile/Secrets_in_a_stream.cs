using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using Flow.Secrets;

namespace Flow.Reliability.Tests.Hostile;

/// <summary>
/// 10,000 generated cases, each fed whole, at every split in two and at random splits: no form of a secret comes through, and nothing but secrets is touched.
/// </summary>
public sealed class Secrets_in_a_stream
{
    private const int Cases = 10_000;
    private static readonly byte[] Mask = Encoding.ASCII.GetBytes(SecretMasker.Mask);

    // Letters that mean something to an encoding, and some that take two, three and four bytes.
    private static readonly Gen<string> Letter = Gen.OneOf(
        Gen.Char['a', 'z'].Select(c => $"{c}"), Gen.Char['0', '9'].Select(c => $"{c}"), Gen.Char[' ', '~'].Select(c => $"{c}"),
        AnyOf("+", "/", "=", "\\", "\"", "'", "&", "<", "%", " ", "?", "ä", "€", "😀", "\t"));

    private static readonly Gen<string> Secret = Gen.Frequency(
        (8, Letter.Array[4, 24].Select(string.Concat)),
        (2, Letter.Array[4, 12].Select(string.Concat).Array[2, 4].Select(lines => string.Join("\n", lines))),
        (1, Letter.Array[4, 12].Select(string.Concat).Select(s => $"  {s}\r\n")),
        (1, Letter.Array[100, 300].Select(string.Concat)),
        (1, AnyOf("aaaa", "abababab", "[masked]", "masked", "0000", "postgres://u:p@ss@db:5432/x?a=b&c=d")));

    // Overlapping secrets, and a secret that is the beginning or the end of another.
    private static readonly Gen<string[]> Secrets = Gen.Select(Secret.Array[1, 3], Gen.Int[0, 3], (all, kin) => kin switch
    {
        1 when all[0].Length > 5 => [.. all, all[0][..^1]],
        2 when all[0].Length > 5 => [.. all, all[0][1..]],
        3 => [.. all, all[0] + all[^1]],
        _ => all,
    });

    private static readonly Gen<string> Text = Gen.OneOf(
        Letter.Array[0, 12].Select(string.Concat), AnyOf("", "token=", "Authorization: Basic ", "{\"password\":\"", "\n", "\u001b[31m", "aaaa"));

    public static readonly (string Name, Func<string, string> Print)[] Printed =
    [
        ("as it is", s => s),
        ("trimmed", s => s.Trim()),
        ("base64, aligned", s => Convert.ToBase64String(Encoding.UTF8.GetBytes(s))),
        ("base64, after one byte", s => Convert.ToBase64String(Encoding.UTF8.GetBytes(":" + s + ":"))),
        ("base64, after two bytes", s => Convert.ToBase64String(Encoding.UTF8.GetBytes("u:" + s + "."))),
        ("base64 of user:secret", s => Convert.ToBase64String(Encoding.UTF8.GetBytes("user:" + s))),
        ("base64 for URLs, aligned", s => Base64Url(s)),
        ("base64 for URLs, after one byte", s => Base64Url(":" + s)),
        ("base64 for URLs, after two bytes", s => Base64Url("::" + s)),
        ("hexadecimal, upper case", s => Convert.ToHexString(Encoding.UTF8.GetBytes(s))),
        ("hexadecimal, lower case", s => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(s))),
        ("URL-escaped (RFC 3986)", Uri.EscapeDataString),
        ("URL-escaped, lower case", s => LowerEscapes(Uri.EscapeDataString(s))),
        ("URL-escaped as a form", WebUtility.UrlEncode),
        ("JSON (.NET)", s => JsonSerializer.Serialize(s)[1..^1]),
        ("JSON (relaxed)", s => JsonSerializer.Serialize(s, Relaxed)[1..^1]),
        ("JSON (slashes escaped)", s => Slashed(s)),
    ];

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Never_come_through_in_any_form_at_any_split()
    {
        var splits = 0L;
        Gen.Select(Secrets, Gen.Int[0, Printed.Length - 1].Array[1, 4], Text.Array[2, 5], Gen.Int[0, 400].Array[1, 8]).Sample((secrets, forms, texts, cuts) =>
        {
            var masker = new SecretMasker(secrets);
            var said = new StringBuilder(texts[0]);
            for (var i = 0; i < forms.Length; i++) said.Append(Printed[forms[i]].Print(secrets[i % secrets.Length])).Append(texts[(i + 1) % texts.Length]);
            var bytes = Encoding.UTF8.GetBytes(said.ToString());

            var whole = Through(masker, bytes, []);
            Leaks(secrets, whole).Should().BeEmpty("'{0}' became '{1}'", said, Encoding.UTF8.GetString(whole));
            for (var cut = 0; cut <= bytes.Length; cut++)
            {
                if (!Through(masker, bytes, [cut]).AsSpan().SequenceEqual(whole)) throw new InvalidOperationException($"Cut at {cut}, the result is another: '{said}'");
            }
            int[] pieces = [.. cuts.Where(c => c <= bytes.Length).Order()];
            Through(masker, bytes, pieces).AsSpan().SequenceEqual(whole).Should().BeTrue("cut at {0}", string.Join(',', pieces));
            Interlocked.Add(ref splits, bytes.Length + 2);
        }, iter: Counts.Of(Cases), threads: 2);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Counts.Of(Cases)} cases, {splits} splits");
    }

    [Fact]
    public void Would_be_seen_if_they_came_through()
    {
        const string secret = "pä/ss\"w&ord+x y";
        foreach (var (name, print) in Printed)
        {
            var printed = Encoding.UTF8.GetBytes($"a {print(secret)} b");
            Leaks([secret], printed).Should().NotBeEmpty(name);
            Leaks([secret], Through(new([secret]), printed, [])).Should().BeEmpty(name);
        }
    }

    [Fact]
    public void Are_the_only_thing_that_is_touched()
    {
        // Secrets of capitals and digits, texts of small letters: none of the forms can stand there by chance.
        var secret = Gen.Char['A', 'Z'].Array[6, 30].Select(c => new string(c));
        Gen.Select(secret.Array[1, 5], Gen.Char[" .,:;-_abcdefghijklmnopqrstuvwxyz\n\t\u001bäöü€"].Array[0, 400], Gen.Byte.Array[0, 40], Gen.Int[0, 400].Array[0, 6]).Sample((secrets, text, rubbish, cuts) =>
        {
            byte[] bytes = [.. Encoding.UTF8.GetBytes(text), .. rubbish.Where(b => b is >= 0x80 or < 0x20)];
            Through(new(secrets), bytes, [.. cuts.Where(c => c <= bytes.Length).Order()]).Should().Equal(bytes);
        }, iter: Counts.Of(Cases), threads: 2);
    }

    [Theory]
    [InlineData(4096), InlineData(4097), InlineData(100_000)]
    public void Of_any_length_cost_bounded_memory(int length)
    {
        var secret = string.Concat(Enumerable.Range(0, length).Select(i => "pä/\"<s %1"[i % 9]));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var masker = new SecretMasker([secret]);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(32L << 20);
        masker.Apply($"a {secret} b").Should().Be("a [masked] b");
        if (length <= 4096) masker.Apply(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))).Should().Be("[masked]");
    }

    [Fact]
    public void Of_whole_files_are_masked_line_by_line_in_every_form()
    {
        var lines = Enumerable.Range(0, 50).Select(i => Convert.ToBase64String(Enumerable.Range(0, 48).Select(j => (byte)((i * 7) + (j * j))).ToArray())).ToArray();
        var key = $"-----BEGIN KEY-----\r\n{string.Join("\r\n", lines)}\r\n-----END KEY-----\r\n";
        var masker = new SecretMasker([key]);
        foreach (var line in lines) masker.Apply($"> {line} <").Should().Be("> [masked] <");
        foreach (var (name, print) in Printed) Leaks([key], Encoding.UTF8.GetBytes(masker.Apply(print(key)))).Should().BeEmpty(name);
    }

    /// <summary>The forms of the secrets that can still be read in what came out, made here without the masker's own words.</summary>
    private static List<string> Leaks(IEnumerable<string> secrets, byte[] output)
    {
        List<string> leaks = [];
        // The mask itself is no leak of a secret that is spelled like it.
        var text = Encoding.UTF8.GetString(output).Replace(SecretMasker.Mask, "\uFFFF", StringComparison.Ordinal);
        foreach (var secret in secrets.SelectMany(s => s.Split('\n').Select(l => l.TrimEnd('\r')).Append(s)).Where(s => s.Length >= SecretMasker.MinimumLength && !string.IsNullOrWhiteSpace(s)))
        {
            foreach (var form in (string[])[secret, secret.Trim(), .. Printed.Skip(9).Select(p => p.Print(secret))])
            {
                if (form.Length >= SecretMasker.MinimumLength && text.Contains(form, StringComparison.Ordinal)) leaks.Add(form);
            }
            // Every run of base64 letters that is left is decoded, at each alignment.
            foreach (var run in text.Replace('-', '+').Replace('_', '/').Split([.. text.Where(c => !char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/' or '-' or '_')).Distinct()], StringSplitOptions.RemoveEmptyEntries))
            {
                for (var skip = 0; skip < 4 && skip < run.Length; skip++)
                {
                    var letters = run[skip..];
                    var decoded = Convert.FromBase64String(letters.Length % 4 == 1 ? letters[..^1] : letters.PadRight((letters.Length + 3) / 4 * 4, '='));
                    if (decoded.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0) leaks.Add($"{secret}, in base64 ({run})");
                }
            }
        }
        return leaks;
    }

    private static Gen<string> AnyOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static byte[] Through(SecretMasker masker, byte[] text, int[] cuts)
    {
        var stream = masker.OpenStream();
        var output = new ArrayBufferWriter<byte>(text.Length + Mask.Length);
        var from = 0;
        foreach (var cut in cuts)
        {
            stream.Write(text.AsSpan(from, cut - from), output);
            from = cut;
        }
        stream.Write(text.AsSpan(from), output);
        stream.Flush(output);
        return output.WrittenSpan.ToArray();
    }

    private static string Base64Url(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string LowerEscapes(string escaped)
    {
        var lower = new StringBuilder(escaped);
        for (var i = 0; i + 2 < lower.Length; i++)
        {
            if (lower[i] == '%') (lower[i + 1], lower[i + 2]) = (char.ToLower(lower[i + 1], CultureInfo.InvariantCulture), char.ToLower(lower[i + 2], CultureInfo.InvariantCulture));
        }
        return lower.ToString();
    }

    private static string Slashed(string text) => string.Concat(text.Select(c => c switch
    {
        '/' => "\\/", '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", '\b' => "\\b", '\f' => "\\f",
        < ' ' or > '~' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => $"{c}",
    }));
}
