using System.Buffers;
using System.Diagnostics;
using System.Text;
using CsCheck;
using Flow.Secrets;

namespace Flow.Core.Tests.Secrets;

public sealed class Masking_a_stream
{
    private static string Pieces(SecretMasker masker, byte[] text, params int[] cuts)
    {
        var stream = masker.OpenStream();
        var output = new ArrayBufferWriter<byte>();
        var from = 0;
        foreach (var cut in cuts.Append(text.Length))
        {
            stream.Write(text.AsSpan(from, cut - from), output);
            from = cut;
        }

        stream.Flush(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    // The definition, in the slowest way: every byte of every occurrence is covered; occurrences that overlap are one.
    private static string Expected(string text, IEnumerable<string> secrets)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        List<(int From, int To)> found = [];
        foreach (var secret in secrets.Where(s => s.Length >= 4).Select(Encoding.UTF8.GetBytes))
            for (var i = 0; i + secret.Length <= bytes.Length; i++)
                if (bytes.AsSpan(i, secret.Length).SequenceEqual(secret)) found.Add((i, i + secret.Length));
        List<(int From, int To)> runs = [];
        foreach (var (from, to) in found.Order())
        {
            if (runs.Count > 0 && runs[^1].To > from) runs[^1] = (runs[^1].From, Math.Max(runs[^1].To, to));
            else runs.Add((from, to));
        }

        List<byte> result = [];
        var at = 0;
        foreach (var (from, to) in runs)
        {
            result.AddRange(bytes[at..from]);
            result.AddRange("[masked]"u8.ToArray());
            at = to;
        }

        result.AddRange(bytes[at..]);
        return Encoding.UTF8.GetString([.. result]);
    }

    [Fact]
    public void Gives_the_same_at_every_pair_of_cuts()
    {
        var masker = new SecretMasker(["hunter2hunter", "päss-wörd", "aXaXaY", "line one\nline two"]);
        const string text = "a hunter2hunter2hunter b päss-wörd aXaXaXaXaY line one\nline two, line two. hunter2hunte";
        var bytes = Encoding.UTF8.GetBytes(text);
        const string expected = "a [masked] b [masked] aXaX[masked] [masked], [masked]. hunter2hunte";
        masker.Apply(text).Should().Be(expected.Replace("[masked], [masked]", "[masked], [masked]", StringComparison.Ordinal));
        for (var i = 0; i <= bytes.Length; i++)
            for (var j = i; j <= bytes.Length; j++)
                Pieces(masker, bytes, i, j).Should().Be(expected, "cut at {0} and {1}", i, j);
    }

    [Fact]
    public void Agrees_with_the_definition_whatever_the_secrets_and_the_cuts()
    {
        var word = Gen.Char["abc"].Array[1, 9].Select(c => new string(c));
        Gen.Select(word.Array[1, 5], Gen.Char["abc"].Array[0, 60], Gen.Int[0, 60].Array[0, 8]).Sample((secrets, text, cuts) =>
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Pieces(new(secrets), bytes, [.. cuts.Where(c => c <= bytes.Length).Order()]).Should().Be(Expected(new(text), secrets));
        }, iter: 20_000);
    }

    [Fact]
    public void Holds_back_no_more_than_a_secret_may_need()
    {
        var stream = new SecretMasker(["secret-value"]).OpenStream();
        var output = new ArrayBufferWriter<byte>();
        stream.Write("Password: "u8, output);
        Encoding.UTF8.GetString(output.WrittenSpan).Should().Be("Password: ");
        stream.Write("secre"u8, output);
        Encoding.UTF8.GetString(output.WrittenSpan).Should().Be("Password: ");
        stream.Write("cy"u8, output);
        Encoding.UTF8.GetString(output.WrittenSpan).Should().Be("Password: secrecy");
    }

    [Fact]
    public void Stays_small_when_a_stream_is_one_endless_secret()
    {
        var stream = new SecretMasker(["aaaa"]).OpenStream();
        var output = new ArrayBufferWriter<byte>();
        var block = Encoding.ASCII.GetBytes(new string('a', 100_000));
        for (var i = 0; i < 20; i++) stream.Write(block, output);
        stream.Flush(output);
        Encoding.UTF8.GetString(output.WrittenSpan).Should().Be("[masked]");
    }

    [Fact]
    public void Leaves_short_values_and_short_lines_alone()
    {
        var masker = new SecretMasker(["abc", "    ", "-----BEGIN-----\r\nxy\r\nlonger\r\n"]);
        masker.Apply("abc xy longer -----BEGIN-----").Should().Be("abc xy [masked] [masked]");
        SecretMasker.IsMaskable("abc").Should().BeFalse();
        SecretMasker.IsMaskable("abcd").Should().BeTrue();
        SecretMasker.IsMaskable("a\nb\n").Should().BeTrue("the whole is long enough");
    }

    [Fact]
    public void Takes_a_hundred_megabytes_a_second()
    {
        var secrets = Enumerable.Range(0, 30).Select(i => $"{(char)('a' + i % 26)}k_{i}_{Guid.NewGuid():N}").ToArray();
        var masker = new SecretMasker(secrets);
        var block = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"info: request {i} took {i * 7} ms for /orders/{i} with the usual words in it\n")));
        var output = new ArrayBufferWriter<byte>(1 << 20);
        var best = 0d;
        for (var round = 0; round < 30; round++)
        {
            var stream = masker.OpenStream();
            output.ResetWrittenCount();
            var watch = Stopwatch.GetTimestamp();
            for (var i = 0; i < 10; i++) stream.Write(block, output);
            best = Math.Max(best, block.Length * 10 / 1e6 / Stopwatch.GetElapsedTime(watch).TotalSeconds);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{best:F0} MB/s");
        // A debug build on a busy machine reaches a part of it; the order of magnitude is what must not be lost.
        best.Should().BeGreaterThan(20);
    }
}
