namespace Flow.Providers.Local.Git;

/// <summary>Bounds of the git source provider. Section <c>Flow:Git</c>.</summary>
public sealed class GitOptions
{
    /// <summary>How long a listing of refs may take.</summary>
    public TimeSpan ListTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a fetch may take: the first one brings the whole history.</summary>
    public TimeSpan FetchTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most files of one tree.</summary>
    public int MaxFiles { get; set; } = 100_000;

    /// <summary>Most bytes of one tree, unpacked.</summary>
    public long MaxBytes { get; set; } = 2L * 1024 * 1024 * 1024;

    /// <summary>First pause before a call that failed for a passing reason is repeated; the second is about twice as long, both with jitter.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);
}
