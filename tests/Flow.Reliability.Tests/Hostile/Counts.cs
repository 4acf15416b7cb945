namespace Flow.Reliability.Tests.Hostile;

/// <summary>How many generated cases: as many as promised, or ten times that in a long run.</summary>
internal static class Counts
{
    public static readonly bool Long = Environment.GetEnvironmentVariable("FLOW_LONG_TESTS") is not null;

    public static int Of(int cases) => Long ? cases * 10 : cases;
}
