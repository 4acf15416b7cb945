using Flow.Apps;
using Flow.DependencyInjection;
using Flow.Manifests;
using Flow.Runs.Steps;

namespace Flow.AddOns;

/// <summary>Whether this host can give an app what it needs, as far as that can be judged before anything is made.</summary>
internal sealed class AddOnFit(Providers providers, IEnumerable<ProviderDescriptor> registered)
{
    /// <summary>Everything that does not fit, each with its fix; null: all of it does.</summary>
    public Failure? Of(AppPolicy policy, AppManifest? manifest)
    {
        var wishes = AddOnWishes.Of(policy, manifest);
        var known = registered.Where(p => p.Contract == typeof(IAddOnProvisioner)).Select(p => p.Name).ToHashSet();
        var unknown = wishes.Where(a => !known.Contains(a.Provider.ToLowerInvariant())).Select(a => $"'{HostileText.Shown(a.Provider)}'").Distinct().ToList();
        if (unknown.Count > 0)
            return new("addon-unknown", $"app.json asks for {string.Join(", ", unknown)}, and nobody here provides {(unknown.Count == 1 ? "it" : "them")}; there is {(known.Count == 0 ? "nothing" : string.Join(", ", known.Order(StringComparer.Ordinal)))}. "
                + $"Name a provider for it in Flow:Pipelines:{policy.Pipeline}:AddOnServices (an empty one leaves the service out), or take it out of app.json.");

        List<string> problems = [];
        var prefixes = new Dictionary<string, string>();
        foreach (var wish in wishes)
        {
            var catalogue = providers.Get<IAddOnProvisioner>(wish.Provider).Catalogue;
            problems.AddRange(CatalogueRules.Problems(catalogue, wish.Provider, wish.Plan, wish.Options, wish.Seed).Select(p => $"Add-on {wish.Name}: {p}"));
            if (catalogue.Prefix is not { } own) continue;
            var prefix = wish.As ?? own;
            if (!prefixes.TryAdd(prefix, wish.Name)) problems.Add($"Add-ons {prefixes[prefix]} and {wish.Name} would both be {prefix}_*: give one of them a name of its own ('as' in app.json).");
        }
        return problems.Count == 0 ? null : new("addon-invalid", string.Join(' ', problems));
    }
}
