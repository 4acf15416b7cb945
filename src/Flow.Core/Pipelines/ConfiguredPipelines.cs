using System.Globalization;
using Flow.Engine;
using Flow.ReviewApps;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;
using Microsoft.Extensions.Configuration;

namespace Flow.Pipelines;

/// <summary>Pipelines declared in configuration: <c>Flow:Pipelines:NAME</c>, with the names of <see cref="PipelineDefinition"/> as keys; apps and add-ons are keyed by their names.</summary>
internal sealed class ConfiguredPipelines(IConfigurationSection section)
{
    /// <summary>Reads them; returns what cannot be read, each with its key.</summary>
    public IReadOnlyList<string> Read(out IReadOnlyList<PipelineDefinition> definitions)
    {
        var reader = new Reader();
        definitions = [.. section.GetChildren().Select(reader.Pipeline).OfType<PipelineDefinition>()];
        return reader.Errors;
    }

    private sealed class Reader
    {
        private static readonly PipelineDefinition Defaults = new() { Name = PipelineName.Parse("x"), Repository = new() { Url = "x" } };

        private static readonly ReviewAppPolicy Reviewed = new();

        public List<string> Errors { get; } = [];

        public PipelineDefinition? Pipeline(IConfigurationSection at)
        {
            Known(at, "Repository", "Owner", "Source", "Builder", "Runtime", "LookInterval", "Apps", "ReviewApps", "AddOns", "AddOnServices", "AddOnPlans", "AddOnSeeds", "Health", "BuildTimeout", "ReleaseTimeout", "ReleaseRepeat", "DrainDeadline", "StopGrace", "MaxClosingsAtOnce");
            var repository = at.GetSection("Repository");
            Known(repository, "Url", "RootFolder", "DefaultBranch", "ProposalBranches", "Paths", "TrustPullRequestRefs");
            Known(at.GetSection("Health"), "Path", "Timeout");
            var name = Name<PipelineName>(at);
            if (name is null) return null;
            return new()
            {
                Name = name.Value,
                Repository = new()
                {
                    Url = repository["Url"] ?? "",
                    RootFolder = repository["RootFolder"],
                    DefaultBranch = repository["DefaultBranch"] ?? "main",
                    ProposalBranches = Texts(repository.GetSection("ProposalBranches")),
                    Paths = Texts(repository.GetSection("Paths")),
                    TrustPullRequestRefs = Value(repository, "TrustPullRequestRefs", false, bool.TryParse),
                },
                Owner = at["Owner"],
                Source = at["Source"] ?? Defaults.Source,
                Builder = at["Builder"] ?? Defaults.Builder,
                Runtime = at["Runtime"] ?? Defaults.Runtime,
                LookInterval = Span(at, "LookInterval", Defaults.LookInterval),
                Apps = [.. Keyed(at, "Apps").Select(App).OfType<AppDefinition>()],
                ReviewApps = at.GetSection("ReviewApps") is var review && review.Exists() ? Review(review) : null,
                AddOns = [.. Keyed(at, "AddOns").Select(AddOn)],
                AddOnPlans = [.. Keyed(at, "AddOnPlans").SelectMany(PlanRules)],
                AddOnSeeds = Keyed(at, "AddOnSeeds").ToDictionary(c => c.Key, c => c.Value ?? ""),
                AddOnServices = Keyed(at, "AddOnServices").ToDictionary(c => c.Key, c => c.Value ?? ""),
                Health = new() { Path = at["Health:Path"] ?? Defaults.Health.Path, Timeout = Span(at, "Health:Timeout", Defaults.Health.Timeout) },
                BuildTimeout = Span(at, "BuildTimeout", Defaults.BuildTimeout),
                ReleaseTimeout = Span(at, "ReleaseTimeout", Defaults.ReleaseTimeout),
                ReleaseRepeat = Value<StepRepeat>(at, "ReleaseRepeat", StepRepeat.Idempotent, (string? s, out StepRepeat v) => Enum.TryParse(s, true, out v) && Enum.IsDefined(v)),
                DrainDeadline = Span(at, "DrainDeadline", Defaults.DrainDeadline),
                StopGrace = Span(at, "StopGrace", Defaults.StopGrace),
                MaxClosingsAtOnce = Value(at, "MaxClosingsAtOnce", Defaults.MaxClosingsAtOnce, int.TryParse),
            };
        }

        private List<AddOnPlanRule> PlanRules(IConfigurationSection at)
        {
            if (!string.IsNullOrEmpty(at.Value)) Errors.Add($"{at.Path}: is no value, but a section with a plan for each purpose.");
            List<AddOnPlanRule> rules = [];
            foreach (var rule in at.GetChildren())
                if (Enum.TryParse<AddOns.AddOnPurpose>(rule.Key, true, out var purpose) && Enum.IsDefined(purpose)) rules.Add(new(at.Key, purpose, rule.Value ?? ""));
                else Errors.Add($"{rule.Path}: '{HostileText.Shown(rule.Key)}' is no purpose; there are {string.Join(", ", Enum.GetNames<AddOns.AddOnPurpose>())}.");
            return rules;
        }

        private AppDefinition? App(IConfigurationSection at)
        {
            Known(at, "Stage", "Branch", "Gates", "Config");
            if (at["Stage"] is null) Errors.Add($"{at.Path}:Stage: is missing: choose Development, Staging or Production.");
            return Name<AppName>(at) is not { } name ? null : new()
            {
                Name = name,
                Stage = Value<Stage>(at, "Stage", Stage.Production, (string? s, out Stage v) => Enum.TryParse(s, true, out v) && Enum.IsDefined(v)),
                Branch = at["Branch"],
                Gates = Texts(at.GetSection("Gates")),
                Config = Map(at.GetSection("Config")),
            };
        }

        private AddOnWish AddOn(IConfigurationSection at)
        {
            Known(at, "Provider", "Plan", "Options", "Seed", "As");
            return new() { Name = at.Key, Provider = at["Provider"] ?? "", Plan = at["Plan"], Seed = at["Seed"], As = at["As"], Options = at.GetSection("Options") is var options && options.Exists() ? Map(options) : null };
        }

        private ReviewAppPolicy Review(IConfigurationSection at)
        {
            Known(at, "Create", "Label", "Drafts", "WaitForChecks", "BaseName", "MaxAlive", "StaleAfter", "StaleWarning", "PredestroyTimeout", "Gates", "Config");
            return new()
            {
                Create = Value<ReviewAppCreation>(at, "Create", ReviewAppCreation.Automatic, (string? s, out ReviewAppCreation v) => Enum.TryParse(s, true, out v) && Enum.IsDefined(v)),
                Label = at["Label"] ?? Reviewed.Label,
                Drafts = Value(at, "Drafts", Reviewed.Drafts, bool.TryParse),
                WaitForChecks = Value(at, "WaitForChecks", false, bool.TryParse),
                BaseName = at["BaseName"],
                MaxAlive = at["MaxAlive"] is null ? null : Value(at, "MaxAlive", 1, int.TryParse),
                StaleAfter = at["StaleAfter"] is null ? null : Span(at, "StaleAfter", PipelineValidator.LongestStaleness),
                StaleWarning = Span(at, "StaleWarning", Reviewed.StaleWarning),
                PredestroyTimeout = Span(at, "PredestroyTimeout", Reviewed.PredestroyTimeout),
                Gates = Texts(at.GetSection("Gates")),
                Config = Map(at.GetSection("Config")),
            };
        }

        private delegate bool TryParse<T>(string? text, out T value);

        private T Value<T>(IConfigurationSection at, string key, T otherwise, TryParse<T> parse)
        {
            if (at[key] is not { } text) return otherwise;
            if (parse(text, out var value)) return value;
            Errors.Add($"{at.Path}:{key}: '{text}' is no {typeof(T).Name}.");
            return otherwise;
        }

        private TimeSpan Span(IConfigurationSection at, string key, TimeSpan otherwise) =>
            Value<TimeSpan>(at, key, otherwise, (string? s, out TimeSpan v) => TimeSpan.TryParse(s, CultureInfo.InvariantCulture, out v));

        private T? Name<T>(IConfigurationSection at) where T : struct, IParsable<T>
        {
            if (T.TryParse(at.Key, CultureInfo.InvariantCulture, out var name)) return name;
            Errors.Add($"{at.Path}: '{at.Key}' is no name: lower-case letters, digits and dashes, a letter first.");
            return null;
        }

        private IEnumerable<IConfigurationSection> Keyed(IConfigurationSection at, string key)
        {
            var section = at.GetSection(key);
            if (!string.IsNullOrEmpty(section.Value)) Errors.Add($"{section.Path}: is no value, but a section for each name.");
            return section.GetChildren();
        }

        private void Known(IConfigurationSection at, params string[] keys)
        {
            if (!string.IsNullOrEmpty(at.Value)) Errors.Add($"{at.Path}: is no value, but a section; its settings are {string.Join(", ", keys)}.");
            foreach (var stray in at.GetChildren().Where(c => !keys.Contains(c.Key, StringComparer.OrdinalIgnoreCase)))
                Errors.Add($"{stray.Path}: there is no such setting; there are {string.Join(", ", keys)}.");
        }

        private IReadOnlyList<string> Texts(IConfigurationSection at)
        {
            // Left out without a word, a gate would be no gate.
            if (!string.IsNullOrEmpty(at.Value)) Errors.Add($"{at.Path}: is a list, even with one element.");
            return [.. at.GetChildren().Select(c => c.Value).OfType<string>()];
        }

        private static Dictionary<string, string> Map(IConfigurationSection at) => at.GetChildren().ToDictionary(c => c.Key, c => c.Value ?? "");
    }
}

/// <summary>Declares the pipelines of configuration and code at each start.</summary>
internal sealed class PipelineDeclarer(FlowDeclarations declarations, PipelineService pipelines) : IEngineStarter
{
    // Posted, not asked: the engine that answers starts after this.
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var definition in declarations.All) await pipelines.PostAsync(definition, cancellationToken);
    }
}

/// <summary>All pipelines that the host declares.</summary>
internal sealed class FlowDeclarations(IEnumerable<PipelineDefinition> coded, ConfiguredPipelines? configured)
{
    public IReadOnlyList<PipelineDefinition> All
    {
        get
        {
            IReadOnlyList<PipelineDefinition> read = [];
            configured?.Read(out read);
            return [.. coded, .. read];
        }
    }
}
