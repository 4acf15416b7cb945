namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>Every place where the engine touches its store or the world outside, and everything that can go wrong there: it goes on to the end by itself.</summary>
public sealed class Every_crash_point(ITestOutputHelper output)
{
    public static TheoryData<string> Flows => [.. CanonicalFlows.All.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Flows))]
    public void Is_recovered_from(string flow)
    {
        var result = Enumeration.Run(Find(flow));
        output.WriteLine(result.ToString());
        Console.WriteLine(result);
        result.Failures.Should().BeEmpty();
    }

    [Fact]
    public void The_case_that_is_asked_for()
    {
        if (Environment.GetEnvironmentVariable("FLOW_CRASH_CASE") is not { Length: > 0 } asked) return;
        var (result, _) = Enumeration.Again(asked);
        foreach (var line in result.Story) Console.WriteLine(line);
        result.Violation.Should().BeNull();
    }

    private static CanonicalFlow Find(string name) => CanonicalFlows.All.Single(f => f.Name == name);
}
