using Flow.Runtimes;

namespace Flow.Manifests;

/// <summary>What the base, or one environment, says. Null: nothing is said of it. A null entry takes the base's entry away.</summary>
internal sealed record ManifestPart
{
    public IReadOnlyDictionary<string, EnvDeclaration?> Env { get; init; } = new Dictionary<string, EnvDeclaration?>();
    public IReadOnlyDictionary<string, Scale?> Formation { get; init; } = new Dictionary<string, Scale?>();
    public IReadOnlyDictionary<string, string?> Scripts { get; init; } = new Dictionary<string, string?>();
    public IReadOnlyList<AddOnDeclaration>? AddOns { get; init; }
    public IReadOnlyList<string>? Buildpacks { get; init; }
    public string? Stack { get; init; }
    public string? SuccessUrl { get; init; }
    public string? Root { get; init; }
    public IReadOnlyList<string>? Paths { get; init; }
    public IReadOnlyList<string>? Sync { get; init; }
    public IReadOnlyDictionary<string, HealthCheck?> Health { get; init; } = new Dictionary<string, HealthCheck?>();
    public IReadOnlyDictionary<string, ProcessLimits?> Limits { get; init; } = new Dictionary<string, ProcessLimits?>();

    public ManifestPart With(ManifestPart over) => new()
    {
        Env = Over(Env, over.Env),
        Formation = Over(Formation, over.Formation),
        Scripts = Over(Scripts, over.Scripts),
        AddOns = over.AddOns ?? AddOns,
        Buildpacks = over.Buildpacks ?? Buildpacks,
        Stack = over.Stack ?? Stack,
        SuccessUrl = over.SuccessUrl ?? SuccessUrl,
        Root = over.Root ?? Root,
        Paths = over.Paths ?? Paths,
        Sync = over.Sync ?? Sync,
        Health = Over(Health, over.Health),
        Limits = Over(Limits, over.Limits),
    };

    public AppManifest ToManifest()
    {
        var sync = (Sync ?? []).ToHashSet(StringComparer.Ordinal);
        return new()
        {
            Env = Env.Where(e => e.Value is not null).ToDictionary(e => e.Key, e => sync.Contains(e.Key) ? e.Value! with { Sync = true } : e.Value!, StringComparer.Ordinal),
            Processes = Formation.Keys.Union(Health.Keys).Union(Limits.Keys).Select(t => (Type: t, Said: Process(t))).Where(p => p.Said != new ProcessDeclaration()).ToDictionary(p => p.Type, p => p.Said, StringComparer.Ordinal),
            AddOns = AddOns ?? [],
            Buildpacks = Buildpacks ?? [],
            Stack = Stack,
            SuccessUrl = SuccessUrl,
            Root = string.IsNullOrEmpty(Root) ? null : Root,
            Paths = Paths ?? [],
            Scripts = new()
            {
                PostDeploy = Scripts.GetValueOrDefault("postdeploy"),
                PrPredestroy = Scripts.GetValueOrDefault("pr-predestroy"),
                EveryDeploy = Scripts.GetValueOrDefault("deploy"),
                TestSetup = Scripts.GetValueOrDefault("test-setup"),
                Test = Scripts.GetValueOrDefault("test"),
            },
        };
    }

    private ProcessDeclaration Process(string type)
    {
        var scale = Formation.GetValueOrDefault(type);
        return new(scale?.Quantity, scale?.Size, Health.GetValueOrDefault(type), Limits.GetValueOrDefault(type));
    }

    public static IReadOnlyDictionary<string, T> Over<T>(IReadOnlyDictionary<string, T> under, IReadOnlyDictionary<string, T> over)
    {
        if (over.Count == 0) return under;
        var merged = new Dictionary<string, T>(under, StringComparer.Ordinal);
        foreach (var (key, value) in over) merged[key] = value;
        return merged;
    }

    internal sealed record Scale(int? Quantity, string? Size);
}
