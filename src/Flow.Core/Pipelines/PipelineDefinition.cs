using Flow.Gates;
using Flow.ReviewApps;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Pipelines;

/// <summary>
/// One codebase and its apps, as the host declares it: in configuration (<c>Flow:Pipelines:NAME</c>), in code, or at run time through
/// <see cref="IPipelines"/>. Declaring again changes what differs and destroys nothing.
/// </summary>
public sealed record PipelineDefinition
{
    /// <summary>Unique in the engine.</summary>
    public required PipelineName Name { get; init; }

    /// <summary>Where the code lives.</summary>
    public required SourceRepository Repository { get; init; }

    /// <summary>Team or user that owns it, as the host names them.</summary>
    public string? Owner { get; init; }

    /// <summary>Name of the source provider.</summary>
    public string Source { get; init; } = "git";

    /// <summary>Name of the builder.</summary>
    public string Builder { get; init; } = "local";

    /// <summary>Name of the runtime.</summary>
    public string Runtime { get; init; } = "local";

    /// <summary>How often the repository is looked at. A webhook only makes that sooner. 200 ms to a day.</summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The permanent apps.</summary>
    public IReadOnlyList<AppDefinition> Apps { get; init; } = [];

    /// <summary>What happens with proposals; null: nothing.</summary>
    public ReviewAppPolicy? ReviewApps { get; init; }

    /// <summary>Backing services that every app of the pipeline gets an own instance of, each for its stage's purpose.</summary>
    public IReadOnlyList<AddOnWish> AddOns { get; init; } = [];

    /// <summary>
    /// Names of services in <c>app.json</c> to names of add-on providers: <c>heroku-postgresql</c> to <c>sqlite</c>; an empty name leaves the service out. A service
    /// that is not named here is a provider's own name.
    /// </summary>
    public IReadOnlyDictionary<string, string> AddOnServices { get; init; } = new Dictionary<string, string>();

    /// <summary>Plans that count whatever the code asks for, by provider and purpose; runs and releases say so. (Heroku replaces plans of review apps without a word.)</summary>
    public IReadOnlyList<AddOnPlanRule> AddOnPlans { get; init; } = [];

    /// <summary>What the data of test, review and development instances begins with: provider to seed, as the provider names it. A new version is another name.</summary>
    public IReadOnlyDictionary<string, string> AddOnSeeds { get; init; } = new Dictionary<string, string>();

    /// <summary>When new processes count as healthy.</summary>
    public HealthCheck Health { get; init; } = new();

    /// <summary>A build takes at most this long; a day at the most.</summary>
    public TimeSpan BuildTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>A release phase takes at most this long; a day at the most. (Heroku: 1 hour, fixed.)</summary>
    public TimeSpan ReleaseTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What may be done with a release phase that nobody knows the end of.</summary>
    public StepRepeat ReleaseRepeat { get; init; } = StepRepeat.Idempotent;

    /// <summary>Requests in flight to old processes get this long after the switch; 0 to an hour.</summary>
    public TimeSpan DrainDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After asking politely, processes get this long to end; 0 to an hour. (Heroku: 30 seconds.)</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// More proposals than this that vanish at once without their host saying that they are closed are not believed: nothing is torn down until
    /// somebody confirms with <see cref="IPipelines.ConfirmClosingsAsync"/>.
    /// </summary>
    public int MaxClosingsAtOnce { get; init; } = 10;
}

/// <summary>One permanent app of a pipeline.</summary>
public sealed record AppDefinition
{
    /// <summary>Unique in the engine.</summary>
    public required AppName Name { get; init; }

    /// <summary>Development, staging or production.</summary>
    public required Stage Stage { get; init; }

    /// <summary>Its newest commit is deployed by itself; null: only promotions and deployments asked for.</summary>
    public string? Branch { get; init; }

    /// <summary>Names of the gates that a deployment or promotion passes first, in order.</summary>
    public IReadOnlyList<string> Gates { get; init; } = [];

    /// <summary>Config vars it starts with, not secret; afterwards they are changed through <c>IApps</c> only.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();
}

/// <summary>A plan that counts whatever the code asks for.</summary>
/// <param name="Provider">Name of the add-on provider.</param>
/// <param name="Purpose">For which purpose.</param>
/// <param name="Plan">The plan.</param>
public sealed record AddOnPlanRule(string Provider, AddOns.AddOnPurpose Purpose, string Plan);

/// <summary>A backing service that an app needs.</summary>
public sealed record AddOnWish
{
    /// <summary>Unique in the pipeline: a lower-case label.</summary>
    public required string Name { get; init; }
    /// <summary>Name of the add-on provider.</summary>
    public required string Provider { get; init; }
    /// <summary>Plan; null for the provider's default for the purpose.</summary>
    public string? Plan { get; init; }
    /// <summary>Handed to the provider; null: nothing.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }
    /// <summary>What its data begins with, as the provider names it; null: empty. Counts for test, review and development only.</summary>
    public string? Seed { get; init; }
    /// <summary>Name of its attachment, in capital letters: takes the place of the provider's prefix in the names of its config vars; null: they are the provider's.</summary>
    public string? As { get; init; }
}

/// <summary>A host's own step and where it stands: resolved when the pipeline is declared, then frozen into each run.</summary>
/// <param name="Name">As registered.</param>
/// <param name="Anchor">A well-known step.</param>
/// <param name="After">After the anchor; otherwise before it.</param>
/// <param name="Repeat">After a crash in the middle.</param>
/// <param name="Timeout">At most this long.</param>
public sealed record HostStep(string Name, string Anchor, bool After, StepRepeat Repeat, TimeSpan Timeout);
