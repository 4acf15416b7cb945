using System.Text.Json.Serialization;
using Flow.Builds;
using Flow.Manifests;
using Flow.Releases;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Apps;

/// <summary>Where an app is in its life.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AppLife>))]
public enum AppLife
{
    /// <summary>Not declared yet.</summary>
    None,
    /// <summary>Lives.</summary>
    Active,
    /// <summary>What it owns is being removed; this is tried until it is done.</summary>
    Destroying,
    /// <summary>Nothing of it is left. The name can live again as a new generation.</summary>
    Destroyed,
}

/// <summary>An app as last committed: many candidates, one change at a time.</summary>
public sealed record AppState
{
    /// <summary>Where it is in its life.</summary>
    public AppLife Life { get; init; }
    /// <summary>Grows each time the app comes to life.</summary>
    public int Generation { get; init; }
    /// <summary>How it is to live; null before it was declared.</summary>
    public AppPolicy? Policy { get; init; }
    /// <summary>Which of its pipeline's words on that it was.</summary>
    [JsonInclude]
    internal long PolicyVersion { get; init; }
    /// <summary>Runs that have not ended.</summary>
    public IReadOnlyList<Candidate> Candidates { get; init; } = [];
    /// <summary>The run that may change the app now.</summary>
    public RunId? Slot { get; init; }
    /// <summary>Releases, oldest first.</summary>
    public IReadOnlyList<Release> Releases { get; init; } = [];
    /// <summary>Number of the release that serves; null when none does.</summary>
    public int? Current { get; init; }
    /// <summary>Newest head of its branch that was observed, in order of observation.</summary>
    public long NewestSeen { get; init; }
    /// <summary>Its pipeline wanted it gone when it had observed so many heads: what it said before does not bring it back.</summary>
    public long GoneUntil { get; init; }
    /// <summary>Newest head that was given the slot.</summary>
    public long NewestGiven { get; init; }
    /// <summary>Keeps automatic deployments back.</summary>
    public Hold? Hold { get; init; }
    /// <summary>How many runs there were.</summary>
    public int Runs { get; init; }
    /// <summary>How many deployments there were in this generation.</summary>
    public int Deployments { get; init; }
    /// <summary>How often the slot was given in this generation.</summary>
    public long Turns { get; init; }
    /// <summary>Config versions that a release may still need, oldest first.</summary>
    public IReadOnlyList<ConfigVersion> Configs { get; init; } = [];
    /// <summary>What the code of releases said of itself, as far as a release may still need it.</summary>
    public IReadOnlyList<ManifestVersion> Manifests { get; init; } = [];
    /// <summary><c>postdeploy</c> has run in this life; it does not run again.</summary>
    public bool SetUp { get; init; }
    /// <summary>What went wrong with the newest deployment after its release began to serve: <c>postdeploy</c>, the hook; null: nothing.</summary>
    public string? SetUpProblem { get; init; }
    /// <summary>Number of the current config version; 0 before the first.</summary>
    public int Config { get; init; }
    /// <summary>How many processes of each type are wanted; types that are not named have what the manifest says, else 1 for <c>web</c> and 0 for others. (Heroku: first deploy.)</summary>
    public IReadOnlyDictionary<string, int> Formation { get; init; } = new Dictionary<string, int>();
    /// <summary>Everything outside that exists, or may exist, for this app. Recorded before it is created.</summary>
    public IReadOnlyList<OwnedResource> Ledger { get; init; } = [];
    /// <summary>Instances of other apps that it uses too, by attachment.</summary>
    public IReadOnlyList<AddOnAttachment> Attachments { get; init; } = [];
    /// <summary>The newest promotions from this app.</summary>
    public IReadOnlyList<Promotion> Promotions { get; init; } = [];
    /// <summary>The newest promotions to this app whose runs have ended, also those that never came to a release: told of once more, they are not begun again.</summary>
    [JsonInclude]
    internal IReadOnlyList<PromotionOrigin> Received { get; init; } = [];
    /// <summary>The newest things that could not be done, for people.</summary>
    public IReadOnlyList<Refusal> Refusals { get; init; } = [];
    /// <summary>What to become once it has been destroyed: it was declared again in the meantime.</summary>
    public Rebirth? Rebirth { get; init; }
    /// <summary>Somebody wants to know whether the current release really runs.</summary>
    public bool InspectionWanted { get; init; }

    /// <summary>The release that serves.</summary>
    [JsonIgnore]
    public Release? CurrentRelease => Current is { } number ? FindRelease(number) : null;

    /// <summary>A release by its number, or null.</summary>
    public Release? FindRelease(int number) => Releases.FirstOrDefault(r => r.Number == number);

    /// <summary>How many processes of a type are wanted.</summary>
    public int QuantityOf(string type) => Quantity(type, ManifestOf(CurrentRelease));

    /// <summary>Who scaled by hand counts, also against a new manifest.</summary>
    internal int Quantity(string type, AppManifest? manifest) =>
        Formation.TryGetValue(type, out var quantity) ? quantity : manifest?.Processes.GetValueOrDefault(type)?.Quantity ?? (type == ProcessTypes.Web ? 1 : 0);

    /// <summary>What the code of a release said of itself; null: nothing.</summary>
    public AppManifest? ManifestOf(Release? release) => VersionOf(release)?.Manifest;

    internal ManifestVersion? VersionOf(Release? release) => release?.Manifest is { } id ? Manifests.FirstOrDefault(m => m.Id == id) : null;

    internal IReadOnlyDictionary<string, ConfigValue> ConfigOf(int version) => Configs.FirstOrDefault(c => c.Version == version)?.Values ?? ConfigVersion.Empty;
}

/// <summary>A run that has not ended.</summary>
public sealed record Candidate
{
    /// <summary>Which.</summary>
    public required RunId Run { get; init; }
    /// <summary>What it does.</summary>
    public required RunKind Kind { get; init; }
    /// <summary>For a head: its order of observation. Never a clock.</summary>
    public long Order { get; init; }
    /// <summary>Nobody asked for it in person.</summary>
    public bool Automatic { get; init; }
    /// <summary>The code.</summary>
    public Revision? Revision { get; init; }
    /// <summary>What it will release, as soon as it is known.</summary>
    public Artifact? Artifact { get; init; }
    /// <summary>The config version it will release; null for the current one when it gets the slot.</summary>
    public int? Config { get; init; }
    /// <summary>The release that a rollback goes back to.</summary>
    public int? BackTo { get; init; }
    /// <summary>The promotion it belongs to.</summary>
    public PromotionOrigin? Origin { get; init; }
    /// <summary>What its code asks for, as soon as it is known.</summary>
    public Requirements? Needs { get; init; }
    /// <summary>Content hash of the files that matter, when not all do.</summary>
    public string? Watched { get; init; }
    /// <summary>It asks for the slot.</summary>
    public bool Ready { get; init; }
    /// <summary>It was told to end.</summary>
    public bool Leaving { get; init; }
    /// <summary>So many others that asked for the slot have stood back for it, before it asked itself.</summary>
    [JsonInclude]
    internal int Awaited { get; init; }
}

/// <summary>Automatic deployments wait until somebody resumes.</summary>
public sealed record Hold(string Reason, string By, DateTimeOffset At);

/// <summary>Something that could not be done.</summary>
public sealed record Refusal(string What, string Reason, DateTimeOffset At);

/// <summary>What an app becomes once it has been destroyed.</summary>
public sealed record Rebirth(AppPolicy Policy, long Order, Revision? Head, IReadOnlyDictionary<string, ConfigValue>? Config = null)
{
    /// <summary>Which of its pipeline's words it was.</summary>
    [JsonInclude]
    internal long PolicyVersion { get; init; }
}

/// <summary>Kind of something outside that an app owns.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResourceKind>))]
public enum ResourceKind
{
    /// <summary>An add-on instance and its data.</summary>
    AddOn,
    /// <summary>Processes, their files and logs.</summary>
    Deployment,
    /// <summary>The route of its URL.</summary>
    Route,
}

/// <summary>Something outside that exists, or may exist, for an app.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Id">Chosen by the engine before anything is created.</param>
/// <param name="Provider">Name of its provider.</param>
/// <param name="Name">For an add-on: its name in the pipeline.</param>
public sealed record OwnedResource(ResourceKind Kind, string Id, string Provider, string? Name = null);

/// <summary>An instance of another app that an app uses too.</summary>
/// <param name="Name">Of the attachment, in capital letters: takes the place of the provider's prefix in the names of the config vars.</param>
/// <param name="Provider">Its provider.</param>
/// <param name="Id">The instance.</param>
/// <param name="Owner">The app that it belongs to, and goes with.</param>
public sealed record AddOnAttachment(string Name, string Provider, string Id, AppName Owner);

/// <summary>What the code of releases said of itself; immutable.</summary>
/// <param name="Id">Equal ids are equal texts, for one stage.</param>
/// <param name="Manifest">For the app's stage.</param>
/// <param name="Later">For permanent stages where it says something else; null: nowhere.</param>
public sealed record ManifestVersion(string Id, AppManifest Manifest, IReadOnlyDictionary<Stage, AppManifest>? Later);

/// <summary>Config vars at one moment; immutable.</summary>
public sealed record ConfigVersion(int Version, IReadOnlyDictionary<string, ConfigValue> Values, string By, DateTimeOffset At)
{
    /// <summary>Made for a release from this one; null: by a person.</summary>
    [JsonInclude]
    internal int? Over { get; init; }

    internal static readonly IReadOnlyDictionary<string, ConfigValue> Empty = new Dictionary<string, ConfigValue>();
}

/// <summary>Where a config var comes from: the later ones of this list give way to the earlier ones.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConfigOrigin>))]
public enum ConfigOrigin
{
    /// <summary>Set on this app by a person.</summary>
    Person,
    /// <summary>Set on the pipeline for all apps of the stage.</summary>
    Stage,
    /// <summary>Given by the pipeline's declaration when the app came to life.</summary>
    Declaration,
    /// <summary>Value in <c>app.json</c>.</summary>
    Manifest,
    /// <summary>Made because <c>app.json</c> asks for a secret.</summary>
    Generated,
}

/// <summary>One config var: plain text, or the ciphertext of a secret. Never both, and never a secret's plain text.</summary>
/// <param name="Plain">Text.</param>
/// <param name="Ciphertext">What the secret protector returned.</param>
/// <param name="Origin">Where it comes from. A ciphertext of <see cref="ConfigOrigin.Stage"/> is bound to the pipeline, every other one to the app.</param>
public sealed record ConfigValue(string? Plain, string? Ciphertext, ConfigOrigin Origin = ConfigOrigin.Person)
{
    /// <summary>It is a secret.</summary>
    [JsonIgnore]
    public bool IsSecret => Ciphertext is not null;
}

/// <summary>Process types with a meaning.</summary>
public static class ProcessTypes
{
    /// <summary>Gets traffic and <c>PORT</c>.</summary>
    public const string Web = "web";
    /// <summary>Runs before a release.</summary>
    public const string Release = "release";
}
