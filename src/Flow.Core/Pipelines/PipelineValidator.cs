using Flow.AddOns;
using Flow.Apps;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Gates;
using Flow.ReviewApps;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Pipelines;

/// <summary>Everything that is wrong with a declaration, at once, each with its place and its fix.</summary>
internal static class PipelineValidator
{
    private const int LongestHealthPath = 1_000;
    private const int LongestName = 100;
    private const int LongestBaseName = 32;
    private const int MostAlive = 5_000;
    private static readonly TimeSpan ShortestStaleness = TimeSpan.FromHours(1);
    public static readonly TimeSpan LongestStaleness = TimeSpan.FromDays(366);

    /// <summary>Longer waits are mistakes, and far longer ones are more than a timer can do.</summary>
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromHours(1);

    public static IReadOnlyList<string> Validate(PipelineDefinition definition, IEnumerable<ProviderDescriptor> providers)
    {
        List<string> errors = [];
        var registered = providers.ToLookup(p => p.Contract, p => p.Name);
        var place = $"Flow:Pipelines:{definition.Name}";
        void Error(string key, string text) => errors.Add($"{place}:{key}: {text}");
        void Registered(Type contract, string name, string key)
        {
            if (!registered[contract].Contains(name.ToLowerInvariant()))
                Error(key, $"there is no {contract.Name} named '{name}'; registered: {(registered[contract].Any() ? string.Join(", ", registered[contract].Order(StringComparer.Ordinal)) : "none")}.");
        }

        if (definition.Name == default) Error("Name", "is missing.");
        if (string.IsNullOrWhiteSpace(definition.Repository.Url)) Error("Repository:Url", "is missing: give a git URL or path.");
        // Never with the URL: it would carry the credentials into logs.
        if (CarriesCredentials(definition.Repository.Url)) Error("Repository:Url", "carries credentials, which would be stored and shown: take them out, and give them to the source provider.");
        if (definition.Repository.RootFolder is { } root && (root.StartsWith('/') || root.Split('/', '\\').Contains(".."))) Error("Repository:RootFolder", $"'{root}' must be relative and must not contain '..'.");
        if (definition.LookInterval < TimeSpan.FromMilliseconds(200) || definition.LookInterval > LongestTimeout) Error("LookInterval", "must be at least 200 ms and at most a day.");
        if (definition.MaxClosingsAtOnce < 1) Error("MaxClosingsAtOnce", "must be at least 1.");
        foreach (var (key, span) in new[] { ("BuildTimeout", definition.BuildTimeout), ("ReleaseTimeout", definition.ReleaseTimeout), ("Health:Timeout", definition.Health.Timeout) })
            if (span <= TimeSpan.Zero || span > LongestTimeout) Error(key, "must be more than 0 and at most a day.");
        foreach (var (key, span) in new[] { ("DrainDeadline", definition.DrainDeadline), ("StopGrace", definition.StopGrace) })
            if (span < TimeSpan.Zero || span > LongestGrace) Error(key, "must be between 0 and an hour.");
        if (!definition.Health.Path.StartsWith('/')) Error("Health:Path", $"'{definition.Health.Path}' must start with '/'.");
        if (definition.Health.Path.Length > LongestHealthPath) Error("Health:Path", $"must have at most {LongestHealthPath:N0} characters.");

        Registered(typeof(ISourceProvider), definition.Source, "Source");
        Registered(typeof(IBuilder), definition.Builder, "Builder");
        Registered(typeof(IRuntime), definition.Runtime, "Runtime");
        foreach (var app in definition.Apps)
        {
            if (app.Name == default) Error("Apps", "an app has no name.");
            if (app.Stage < Stage.Development || !Enum.IsDefined(app.Stage)) Error($"Apps:{app.Name}:Stage", $"{app.Stage} apps are made by Flow itself; choose Development, Staging or Production.");
            foreach (var gate in app.Gates) Registered(typeof(IGate), gate, $"Apps:{app.Name}:Gates");
            foreach (var name in app.Config.Keys.Where(n => !ConfigNames.IsGood(n))) Error($"Apps:{app.Name}:Config", ConfigNames.Problem(name));
        }
        foreach (var twice in definition.Apps.GroupBy(a => a.Name).Where(g => g.Count() > 1)) Error("Apps", $"{twice.Key} is declared twice.");
        foreach (var gate in definition.ReviewApps?.Gates ?? []) Registered(typeof(IGate), gate, "ReviewApps:Gates");
        if (definition.ReviewApps is { } review) ValidateReviews(review, (key, text) => Error($"ReviewApps:{key}", text));
        ValidatePaths(definition.Repository.Paths, text => Error("Repository:Paths", text));
        foreach (var wish in definition.AddOns)
        {
            if (!AppName.TryParse(wish.Name, null, out _)) Error("AddOns", $"'{wish.Name}' is no name: lower-case letters, digits and dashes, a letter first.");
            Registered(typeof(IAddOnProvisioner), wish.Provider, $"AddOns:{wish.Name}:Provider");
        }
        foreach (var rule in definition.AddOnPlans)
        {
            Registered(typeof(IAddOnProvisioner), rule.Provider, "AddOnPlans");
            if (string.IsNullOrWhiteSpace(rule.Plan)) Error($"AddOnPlans:{HostileText.Shown(rule.Provider)}:{rule.Purpose}", "names no plan.");
        }
        foreach (var twice in definition.AddOnPlans.GroupBy(r => (r.Provider.ToLowerInvariant(), r.Purpose)).Where(g => g.Count() > 1)) Error("AddOnPlans", $"{twice.Key.Item1} has {twice.Count()} plans for {twice.Key.Purpose}: one counts.");
        foreach (var (provider, seed) in definition.AddOnSeeds.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            Registered(typeof(IAddOnProvisioner), provider, "AddOnSeeds");
            if (string.IsNullOrWhiteSpace(seed) || seed.Length > LongestName) Error($"AddOnSeeds:{HostileText.Shown(provider)}", $"names no seed: 1 to {LongestName} characters.");
        }
        foreach (var wish in definition.AddOns.Where(w => w.As is not null && !ConfigNames.IsGood(w.As + "_URL"))) Error($"AddOns:{HostileText.Shown(wish.Name)}:As", ConfigNames.Problem(wish.As!));
        foreach (var (service, provider) in definition.AddOnServices.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            if (string.IsNullOrWhiteSpace(service) || service.Length > LongestName) Error("AddOnServices", $"'{HostileText.Shown(service)}' is no name of a service: 1 to {LongestName} characters.");
            // An empty name leaves the service out.
            if (provider.Length > 0) Registered(typeof(IAddOnProvisioner), provider, $"AddOnServices:{HostileText.Shown(service)}");
        }
        foreach (var twice in definition.AddOns.GroupBy(a => a.Name).Where(g => g.Count() > 1)) Error("AddOns", $"'{twice.Key}' is declared twice.");
        return errors;
    }

    private static void ValidateReviews(ReviewAppPolicy review, Action<string, string> error)
    {
        if (!Enum.IsDefined(review.Create)) error("Create", "must be Automatic, ByLabel or ByHand.");
        if (string.IsNullOrWhiteSpace(review.Label) || review.Label.Length > LongestName || review.Label.Any(char.IsControl)) error("Label", $"must have 1 to {LongestName} characters, and none that acts on a terminal.");
        if (review.BaseName is { } name && (name.Length > LongestBaseName || !AppName.TryParse(name, null, out _)))
            error("BaseName", $"'{HostileText.Shown(name)}' is no base of names: lower-case letters, digits and dashes, a letter first, at most {LongestBaseName}, so that every proposal's key has room behind it.");
        if (review.MaxAlive is < 1 or > MostAlive) error("MaxAlive", $"must be between 1 and {MostAlive:N0}; leave it out for no limit.");
        if (review.StaleAfter is { } stale && (stale < ShortestStaleness || stale > LongestStaleness)) error("StaleAfter", "must be at least an hour and at most a year; leave it out for never.");
        if (review.StaleWarning < TimeSpan.Zero) error("StaleWarning", "must be at least 0.");
        else if (review.StaleAfter is { } patience && review.StaleWarning >= patience) error("StaleWarning", $"({review.StaleWarning}) must be shorter than StaleAfter ({patience}).");
        if (review.PredestroyTimeout <= TimeSpan.Zero || review.PredestroyTimeout > LongestTimeout) error("PredestroyTimeout", "must be more than 0 and at most a day.");
        foreach (var variable in review.Config.Keys.Where(n => !ConfigNames.IsGood(n))) error("Config", ConfigNames.Problem(variable));
    }

    private static void ValidatePaths(IReadOnlyList<string> paths, Action<string> error)
    {
        if (paths.Count > Manifests.PathGlobs.Max) error($"has {paths.Count} globs, {Manifests.PathGlobs.Max} are the most.");
        foreach (var path in paths.Take(Manifests.PathGlobs.Max))
            if (Manifests.PathGlobs.Problem(path) is { } problem) error($"'{HostileText.Shown(path)}' is no glob: it {problem}. Write it relative to the repository, such as services/api/**.");
        if (paths.Count > 0 && paths.All(p => p.StartsWith('!'))) error("only takes out: begin with what matters, such as '**'.");
    }

    /// <summary>What several declarations have in common and must not.</summary>
    public static IEnumerable<string> ValidateTogether(IReadOnlyList<PipelineDefinition> definitions)
    {
        foreach (var twice in definitions.GroupBy(d => d.Name).Where(g => g.Count() > 1))
            yield return $"Flow:Pipelines:{twice.Key}: is declared {twice.Count()} times, in configuration or in code: declare it once.";
        foreach (var shared in definitions.SelectMany(d => d.Apps.Select(a => (App: a.Name, Pipeline: d.Name))).Distinct().GroupBy(p => p.App).Where(g => g.Count() > 1))
            yield return $"App {shared.Key} is declared by several pipelines ({string.Join(", ", shared.Select(p => p.Pipeline.ToString()).Order(StringComparer.Ordinal))}): an app belongs to one.";
        foreach (var shared in definitions.Where(d => d.ReviewApps is not null).DistinctBy(d => d.Name).GroupBy(d => d.ReviewApps!.BaseName ?? d.Name.ToString(), StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return $"Review apps of pipelines {string.Join(", ", shared.Select(d => d.Name.ToString()).Order(StringComparer.Ordinal))} would have the same names ({HostileText.Shown(shared.Key)}-KEY): give each a ReviewApps:BaseName of its own.";
    }

    /// <summary>User information of a web address; of others (<c>ssh://git@host</c>) only a password.</summary>
    private static bool CarriesCredentials(string? url)
    {
        if (url?.IndexOf("://", StringComparison.Ordinal) is not (> 0 and var at)) return false;
        var authority = url[(at + 3)..];
        if (authority.IndexOfAny(['/', '?', '#', '\\']) is >= 0 and var end) authority = authority[..end];
        if (authority.LastIndexOf('@') is not (>= 0 and var user)) return false;
        var web = url[..at].EndsWith("http", StringComparison.OrdinalIgnoreCase) || url[..at].EndsWith("https", StringComparison.OrdinalIgnoreCase);
        return web || authority[..user].Contains(':', StringComparison.Ordinal);
    }
}
