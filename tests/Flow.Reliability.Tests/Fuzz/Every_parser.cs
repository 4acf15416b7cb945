using System.Diagnostics;
using System.Text;
using CsCheck;

namespace Flow.Reliability.Tests.Fuzz;

/// <summary>Everything in <see cref="Parsers.All"/>: no text may break it. A later parser is added to that list, and is fuzzed from then on.</summary>
public sealed class Every_parser
{
    private static readonly int Minutes = int.TryParse(Environment.GetEnvironmentVariable("FLOW_FUZZ_MINUTES"), out var minutes) ? minutes : 5;

    public static TheoryData<string> Names => [.. Parsers.All.Select(p => p.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Reads_what_is_right(string parser)
    {
        var found = Parsers.Named(parser);
        foreach (var valid in found.Valid) found.Read(Encoding.UTF8.GetBytes(valid));
    }

    [Theory, MemberData(nameof(Names))]
    public void Refuses_the_rest_in_bounded_memory(string parser)
    {
        var found = Parsers.Named(parser);
        // What is made once, on first use, is no document's fault.
        foreach (var valid in found.Valid) _ = found.Try(Encoding.UTF8.GetBytes(valid));
        _ = found.Try([]);
        var (cases, since) = (0L, Stopwatch.GetTimestamp());
        var documents = HostileDocuments.Of(found.Valid);
        if (LongTests.Wanted) documents.Sample(Look, time: Minutes * 60, threads: 1);
        else documents.Sample(Look, iter: found.Cases, threads: 1);
        TestContext.Current.TestOutputHelper?.WriteLine($"{parser}: {cases} documents, {cases / Stopwatch.GetElapsedTime(since).TotalSeconds:F0} a second");

        void Look(byte[] document)
        {
            cases++;
            if (found.Try(document) is { } trouble) throw new InvalidOperationException($"{parser} breaks on (base64) {Convert.ToBase64String(document)}: {trouble}");
        }
    }

    [Fact]
    public void Is_named_once() => Parsers.All.Select(p => p.Name).Should().OnlyHaveUniqueItems();
}
