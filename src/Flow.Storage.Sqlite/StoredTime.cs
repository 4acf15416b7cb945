namespace Flow.Storage.Sqlite;

/// <summary>Times in the file are Unix milliseconds.</summary>
internal static class StoredTime
{
    private static readonly long End = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static long Milliseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMillisecond;

    public static long Later(long now, TimeSpan by) => by <= TimeSpan.Zero ? now : Math.Min(now + Milliseconds(by), End);
}

/// <summary>The greatest numbers given out so far.</summary>
internal sealed record StoredPositions(long Event, long Row, long Work);
