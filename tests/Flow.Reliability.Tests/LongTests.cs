namespace Flow.Reliability.Tests;

/// <summary>Whether the long form of the tests is wanted: <c>./test.sh --long</c>, which sets FLOW_LONG_TESTS=1.</summary>
internal static class LongTests
{
    public static bool Wanted { get; } = Environment.GetEnvironmentVariable("FLOW_LONG_TESTS") == "1";
}
