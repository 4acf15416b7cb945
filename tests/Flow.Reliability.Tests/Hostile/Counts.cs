namespace Flow.Reliability.Tests.Hostile;

/// <summary>How many generated cases: as many as promised, or ten times that in a long run.</summary>
internal static class Counts
{
    public static int Of(int cases) => LongTests.Wanted ? cases * 10 : cases;
}
