using Flow.DependencyInjection;

namespace Flow.AddOns.Pools;

/// <summary>Everything that is wrong with a pool's declaration, at once, each with its place and its fix.</summary>
internal static class PoolValidator
{
    private const int LongestName = 40, MostReady = 100, MostAtAll = 200;

    public static bool IsName(string? name) => name is { Length: <= LongestName } && Names.Label().IsMatch(name);

    public static IReadOnlyList<string> Validate(PoolDefinition pool, IEnumerable<ProviderDescriptor> registered, Func<string, IAddOnProvisioner> find)
    {
        List<string> errors = [];
        void Error(string key, string text) => errors.Add($"Flow:Pools:{HostileText.Shown(pool.Name)}:{key}: {text}");
        if (!IsName(pool.Name)) Error("Name", $"is no name: lower-case letters, digits and dashes, a letter first, at most {LongestName}.");
        if (pool.Size is < 0 or > MostReady) Error("Size", $"must be between 0 and {MostReady}.");
        if (pool.MaxSize is { } most && (most < pool.Size || most > MostAtAll)) Error("MaxSize", $"must be between Size and {MostAtAll}.");
        if (pool.MaxAge < TimeSpan.FromMinutes(1) || pool.MaxAge > TimeSpan.FromDays(90)) Error("MaxAge", "must be between a minute and 90 days.");
        if (pool.MaxCostPerHour is < 0) Error("MaxCostPerHour", "must not be negative.");
        var names = registered.Where(p => p.Contract == typeof(IAddOnProvisioner)).Select(p => p.Name).ToList();
        if (!names.Contains(pool.Provider.ToLowerInvariant()))
        {
            Error("Provider", $"there is no add-on provider named '{HostileText.Shown(pool.Provider)}'; registered: {(names.Count == 0 ? "none" : string.Join(", ", names.Order(StringComparer.Ordinal)))}.");
            return errors;
        }
        var provider = find(pool.Provider);
        if (provider is not IAddOnPooling) Error("Provider", $"'{pool.Provider}' cannot hand over instances that it made before: it has no pools.");
        errors.AddRange(CatalogueRules.Problems(provider.Catalogue, pool.Provider, pool.Plan, pool.Options, pool.Seed).Select(p => $"Flow:Pools:{pool.Name}: {p}"));
        if (pool is { Seed: not null, Purpose: AddOnPurpose.Production or AddOnPurpose.Staging }) Error("Seed", $"{pool.Purpose} never begins with a seed.");
        return errors;
    }
}
