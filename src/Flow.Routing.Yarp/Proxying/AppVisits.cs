namespace Flow.Routing.Yarp.Proxying;

/// <summary>When an app of one generation was last visited, to a few seconds: most requests only read a number that is there for all processors.</summary>
internal sealed class AppVisits(AppName app, int generation)
{
    private const long Exactness = 5 * TimeSpan.TicksPerSecond;

    private long last;

    public AppName App => app;

    public int Generation => generation;

    /// <summary>Null: never.</summary>
    public DateTimeOffset? Last => Volatile.Read(ref last) is not 0 and var ticks ? new(ticks, TimeSpan.Zero) : null;

    public void Note(TimeProvider time)
    {
        var now = time.GetUtcNow().UtcTicks;
        // Without a sign, so that a clock that was put back is followed too.
        if ((ulong)(now - Volatile.Read(ref last)) >= (ulong)Exactness) Volatile.Write(ref last, now);
    }
}
