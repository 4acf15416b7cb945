namespace Flow.Engine;

/// <summary>How the engine works in this host. Section <c>Flow</c>.</summary>
public sealed class FlowOptions
{
    /// <summary>How many streams (runs, apps, ...) are moved at once. Waiting ones do not count. 1 to 10,000.</summary>
    public int MaxActiveStreams { get; set; } = 256;

    /// <summary>How many builds run at once in this host; further ones wait. 1 to 1,000.</summary>
    public int MaxConcurrentBuilds { get; set; } = 4;

    /// <summary>Ended runs, their logs and all history older than this are removed. At least an hour.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often it is looked whether every app's current release really runs; what does not is started again. 5 seconds to a day.</summary>
    public TimeSpan InspectInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many succeeded releases of an app stay eligible for rollback and promotion. 2 to 1,000.</summary>
    public int ReleasesKept { get; set; } = 20;

    /// <summary>Stops every app, and every build at work, when the host shuts down. For demonstrations: a host leaves its apps running.</summary>
    public bool StopAppsOnShutdown { get; set; }
}
