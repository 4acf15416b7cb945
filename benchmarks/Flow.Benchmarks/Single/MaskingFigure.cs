using System.Buffers;
using System.Diagnostics;
using System.Text;
using Flow.Benchmarks.Measuring;
using Flow.Secrets;

namespace Flow.Benchmarks.Single;

/// <summary>How fast log text goes through the masker, on one thread.</summary>
internal static class MaskingFigure
{
    public const string Name = "masking-throughput";
    public static readonly IReadOnlyList<string> Names = [Name];
    private const int Count = 7, Secrets = 20, Piece = 8 * 1024, Repeats = 8;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";

    public static Task<IReadOnlyList<Figure>> MeasureAsync(IReadOnlySet<string> wanted)
    {
        var chance = new Random(1);
        string[] secrets = [.. Enumerable.Range(0, Secrets).Select(_ => string.Concat(Enumerable.Range(0, chance.Next(16, 65)).Select(_ => Alphabet[chance.Next(Alphabet.Length)])))];
        var text = Text(chance, secrets);
        var masker = new SecretMasker(secrets);
        var output = new ArrayBufferWriter<byte>(text.Length + 4_096);
        List<double> taken = [];
        for (var time = -3; time < Count; time++)
        {
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Repeats; i++) Mask(masker, text, output);
            if (time >= 0) taken.Add((double)text.Length * Repeats / 1_000_000 / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        if (Encoding.UTF8.GetString(Mask(masker, text, output).WrittenSpan) is var seen && secrets.Any(s => seen.Contains(s, StringComparison.Ordinal))) throw new InvalidOperationException("A secret came through.");
        Teller.Say($"{Name}, MB/s: {string.Join("  ", taken.Select(t => t.ToString("0", null)))}");
        return Task.FromResult<IReadOnlyList<Figure>>([new()
        {
            Name = Name, Value = Pairs.Median(taken), Unit = "MB/s", Goal = "at least 100 MB/s", Met = Pairs.Median(taken) >= 100, Pairs = taken.Count,
        }]);
    }

    /// <summary>8 MB of lines as programs write them; one in a hundred holds a secret, and each begins with what secrets begin with: letters and digits.</summary>
    private static byte[] Text(Random chance, string[] secrets)
    {
        var text = new StringBuilder();
        for (var line = 0; text.Length < 8_000_000; line++)
        {
            text.Append(FormattableString.Invariant($"2026-11-03T12:00:{line % 60:00}.{line % 1_000:000}Z info: Microsoft.AspNetCore.Hosting.Diagnostics[2] Request finished HTTP/1.1 GET http://shop-staging.localhost/orders/{chance.Next()} - 200 {chance.Next(100_000)} application/json {chance.NextDouble() * 100:0.0000}ms"));
            if (line % 100 == 0) text.Append(" token=").Append(secrets[chance.Next(secrets.Length)]);
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static ArrayBufferWriter<byte> Mask(SecretMasker masker, byte[] text, ArrayBufferWriter<byte> output)
    {
        output.ResetWrittenCount();
        var stream = masker.OpenStream();
        for (var at = 0; at < text.Length; at += Piece) stream.Write(text.AsSpan(at, Math.Min(Piece, text.Length - at)), output);
        stream.Flush(output);
        return output;
    }
}
