namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>Every place where the engine touches its store or the world outside, and everything that can go wrong there: it goes on to the end by itself.</summary>
public sealed class Every_crash_point(ITestOutputHelper output)
{
    public static TheoryData<string> Flows => [.. CanonicalFlows.All.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Flows))]
    public async Task Is_recovered_from(string flow) => Report(await Enumeration.RunAsync(Find(flow)), "");

    /// <summary>All of two flows and one in ten of the others takes a core a quarter of an hour: otherwise there is a small sample of each.</summary>
    [Theory]
    [MemberData(nameof(Flows))]
    public async Task Is_recovered_from_in_the_middle_of_a_recovery(string flow)
    {
        var (crashOneIn, thenOneIn) = !LongTests.Wanted ? (80, 40) : flow is "config change" or "one-off command" ? (1, 1) : (1, 10);
        Report(await Enumeration.RunTwiceAsync(Find(flow), crashOneIn, thenOneIn), "twice, ");
    }

    [Theory]
    [InlineData(nameof(Plant.AckBeforeDurable))]
    [InlineData(nameof(Plant.MessagesApart))]
    [InlineData(nameof(Plant.OwesForgotten))]
    [InlineData(nameof(Plant.IntentMissing))]
    public void Shows_what_is_planted(string planted)
    {
        var found = Enumeration.Find(Find("config change"), Enum.Parse<Plant>(planted));
        output.WriteLine(found ?? "nothing");
        found.Should().NotBeNull();
    }

    /// <summary>A failure names its case; played again, it is the same one, with its whole story. Without a wish, one that is known to be recovered from.</summary>
    [Fact]
    public void Is_played_again_as_its_failure_names_it()
    {
        var asked = Environment.GetEnvironmentVariable("FLOW_CRASH_CASE");
        var (result, _) = Enumeration.Again(asked is { Length: > 0 } ? asked : "config change: 7.CrashAfter");
        if (asked is { Length: > 0 })
            foreach (var line in result.Story) Console.WriteLine(line);
        result.Story.Should().NotBeEmpty();
        result.Violation.Should().BeNull();
    }

    private void Report(EnumerationResult result, string prefix)
    {
        output.WriteLine(prefix + result);
        Console.WriteLine(prefix + result);
        result.Failures.Should().BeEmpty();
    }

    private static CanonicalFlow Find(string name) => CanonicalFlows.All.Single(f => f.Name == name);
}
