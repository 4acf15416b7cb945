using Flow.Pipelines;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Apps;

/// <summary>What a pipeline tells an app about how to live; changes arrive as a whole.</summary>
public sealed record AppPolicy
{
    /// <summary>Its pipeline.</summary>
    public required PipelineName Pipeline { get; init; }
    /// <summary>Its stage.</summary>
    public required Stage Stage { get; init; }
    /// <summary>Where the code lives.</summary>
    public required SourceRepository Repository { get; init; }
    /// <summary>Source provider.</summary>
    public required string Source { get; init; }
    /// <summary>Builder.</summary>
    public required string Builder { get; init; }
    /// <summary>Runtime.</summary>
    public required string Runtime { get; init; }
    /// <summary>Proposal that it shows, for a review app.</summary>
    public string? Proposal { get; init; }
    /// <summary>Gates, in order.</summary>
    public IReadOnlyList<string> Gates { get; init; } = [];
    /// <summary>The host's own steps.</summary>
    public IReadOnlyList<HostStep> Steps { get; init; } = [];
    /// <summary>Add-ons.</summary>
    public IReadOnlyList<AddOnWish> AddOns { get; init; } = [];
    /// <summary>What is known of that proposal.</summary>
    public ReviewApps.ReviewAppOrigin? Review { get; init; }
    /// <summary>Names of services in <c>app.json</c> to names of add-on providers; an empty name leaves the service out.</summary>
    public IReadOnlyDictionary<string, string> AddOnServices { get; init; } = new Dictionary<string, string>();
    /// <summary>Plans that count whatever the code asks for.</summary>
    public IReadOnlyList<AddOnPlanRule> AddOnPlans { get; init; } = [];
    /// <summary>Provider to what its expendable data begins with.</summary>
    public IReadOnlyDictionary<string, string> AddOnSeeds { get; init; } = new Dictionary<string, string>();
    /// <summary>Config vars of all apps of the stage; a change is taken up by the next deployment. Not part of plans.</summary>
    public IReadOnlyDictionary<string, ConfigValue> StageConfig { get; init; } = new Dictionary<string, ConfigValue>();
    /// <summary>Limit of <c>pr-predestroy</c>.</summary>
    public TimeSpan PredestroyTimeout { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>Config vars it starts with.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();
    /// <summary>When new processes count as healthy.</summary>
    public HealthCheck Health { get; init; } = new();
    /// <summary>Limit of a build.</summary>
    public required TimeSpan BuildTimeout { get; init; }
    /// <summary>Limit of a release phase.</summary>
    public required TimeSpan ReleaseTimeout { get; init; }
    /// <summary>After a crash in the middle of a release phase.</summary>
    public StepRepeat ReleaseRepeat { get; init; }
    /// <summary>For requests in flight after a switch.</summary>
    public required TimeSpan DrainDeadline { get; init; }
    /// <summary>For processes that are asked to end.</summary>
    public required TimeSpan StopGrace { get; init; }
    /// <summary>How many succeeded releases stay.</summary>
    public int ReleasesKept { get; init; } = 20;
    /// <summary>How long ended runs stay.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(30);
    /// <summary>Who is told how its runs stand.</summary>
    public IReadOnlyList<string> Reporters { get; init; } = [];
    /// <summary>Equal policies have equal fingerprints.</summary>
    public required string Fingerprint { get; init; }
}
