using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Manifests;

/// <summary>What the code says that an app of it needs, for one stage: <c>app.json</c> with the overlay of its environment. Bounded; frozen into the runs and releases that use it.</summary>
public sealed record AppManifest
{
    /// <summary>Says nothing: an app without <c>app.json</c>.</summary>
    public static AppManifest Empty { get; } = new();

    /// <summary>Config vars by name.</summary>
    public IReadOnlyDictionary<string, EnvDeclaration> Env { get; init; } = new Dictionary<string, EnvDeclaration>();
    /// <summary>Process types by name, as far as something is said of them.</summary>
    public IReadOnlyDictionary<string, ProcessDeclaration> Processes { get; init; } = new Dictionary<string, ProcessDeclaration>();
    /// <summary>Backing services, in order.</summary>
    public IReadOnlyList<AddOnDeclaration> AddOns { get; init; } = [];
    /// <summary>Buildpacks in their order, as written: names or URLs.</summary>
    public IReadOnlyList<string> Buildpacks { get; init; } = [];
    /// <summary>Stack, as written.</summary>
    public string? Stack { get; init; }
    /// <summary>Commands at certain moments.</summary>
    public ManifestScripts Scripts { get; init; } = new();
    /// <summary>Where people go when the app is there: an absolute http(s) URL, or a path in the app that begins with <c>/</c>.</summary>
    public string? SuccessUrl { get; init; }
    /// <summary>Folder that holds the app, below the folder with <c>app.json</c>; relative, <c>/</c>-separated, without <c>..</c>.</summary>
    public string? Root { get; init; }
    /// <summary>Globs of the files that matter, relative to the folder with <c>app.json</c>; <c>!</c> first takes out again. Empty: all.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
}

/// <summary>A config var as declared.</summary>
/// <param name="Value">Its value for a new app; null: none.</param>
/// <param name="Required">The app does not come to life without a value.</param>
/// <param name="Generated">A secret of 64 hexadecimal characters is made, once. (Heroku: <c>generator: secret</c>.)</param>
/// <param name="Sync">The value counts again with each deployment, also against what was set by hand.</param>
/// <param name="Description">For whoever is asked for it; at most 300 characters.</param>
public sealed record EnvDeclaration(string? Value = null, bool Required = false, bool Generated = false, bool Sync = false, string? Description = null);

/// <summary>A process type as declared.</summary>
/// <param name="Quantity">How many to begin with; null: 1 for <c>web</c>, 0 for others.</param>
/// <param name="Size">The platform's name of a size, as written.</param>
/// <param name="Health">When it counts as healthy; null: as the pipeline says.</param>
/// <param name="Limits">What it may use; null: no limit.</param>
public sealed record ProcessDeclaration(int? Quantity = null, string? Size = null, HealthCheck? Health = null, ProcessLimits? Limits = null);

/// <summary>A backing service as declared.</summary>
/// <param name="Service">Service, such as <c>heroku-postgresql</c>.</param>
/// <param name="Plan">Plan; null: the provider's default.</param>
/// <param name="As">Name under which it is attached: prefix of its config vars.</param>
/// <param name="Options">Handed to the provider.</param>
public sealed record AddOnDeclaration(string Service, string? Plan = null, string? As = null, IReadOnlyDictionary<string, string>? Options = null);

/// <summary>The user's own shell lines.</summary>
public sealed record ManifestScripts
{
    /// <summary>Once, after the first successful deployment of an ephemeral app.</summary>
    public string? PostDeploy { get; init; }
    /// <summary>Before a review app is destroyed.</summary>
    public string? PrPredestroy { get; init; }
    /// <summary>After each successful deployment.</summary>
    public string? EveryDeploy { get; init; }
    /// <summary>Before the tests of a test run.</summary>
    public string? TestSetup { get; init; }
    /// <summary>The tests of a test run.</summary>
    public string? Test { get; init; }

    /// <summary>The one that a step runs, by the step's kind.</summary>
    internal string? Of(string step) => step switch
    {
        WellKnownSteps.PostDeploy => PostDeploy,
        WellKnownSteps.DeployHook => EveryDeploy,
        WellKnownSteps.Predestroy => PrPredestroy,
        _ => null,
    };
}

/// <summary>Something in a manifest that is accepted all the same.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Path">JSON path, such as <c>$.env.PORT</c>.</param>
/// <param name="Message">What, and what becomes of it.</param>
public sealed record ManifestWarning(int Line, string Path, string Message);
