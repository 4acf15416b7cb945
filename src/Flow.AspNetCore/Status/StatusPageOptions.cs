namespace Flow.AspNetCore.Status;

/// <summary>How the status page looks.</summary>
public sealed class StatusPageOptions
{
    /// <summary>Title of the pages.</summary>
    public string Title { get; set; } = "Flow";

    /// <summary>How often an open page looks again; zero: never. Otherwise at least a second.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(4);
}
