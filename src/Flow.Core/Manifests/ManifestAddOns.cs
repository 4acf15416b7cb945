using Flow.AddOns;
using Flow.Apps;
using Flow.DependencyInjection;
using Flow.Pipelines;

namespace Flow.Manifests;

/// <summary>The manifest's services as wishes to providers of this host.</summary>
internal static class ManifestAddOns
{
    /// <summary>The pipeline's own add-ons are not repeated: what it declares under a name counts.</summary>
    public static IReadOnlyList<AddOnWish> Of(AppManifest manifest, AppPolicy policy)
    {
        List<AddOnWish> wishes = [];
        foreach (var declared in manifest.AddOns)
        {
            var provider = policy.AddOnServices.TryGetValue(declared.Service, out var mapped) ? mapped : declared.Service;
            if (provider.Length == 0) continue;
            var name = NameOf(declared);
            if (policy.AddOns.Any(a => a.Name == name)) continue;
            // Two of one service without names of their own: the second is the second.
            for (var again = 2; wishes.Any(w => w.Name == name) || policy.AddOns.Any(a => a.Name == name); again++) name = $"{NameOf(declared)}-{again}";
            // A plan is the provider's word: under another provider it says nothing.
            wishes.Add(new() { Name = name, Provider = provider.ToLowerInvariant(), Plan = mapped is null ? declared.Plan : null, Options = declared.Options });
        }
        return wishes;
    }

    /// <summary>Why this host cannot give them, with the fix; null: it can.</summary>
    public static string? Unknown(AppManifest manifest, AppPolicy policy, IEnumerable<ProviderDescriptor> registered)
    {
        var known = registered.Where(p => p.Contract == typeof(IAddOnProvisioner)).Select(p => p.Name).ToHashSet();
        var unknown = Of(manifest, policy).Where(a => !known.Contains(a.Provider)).Select(a => $"'{Names.Shown(a.Provider)}'").Distinct().ToList();
        return unknown.Count == 0 ? null
            : $"app.json asks for {string.Join(", ", unknown)}, and nobody here provides {(unknown.Count == 1 ? "it" : "them")}; there is {(known.Count == 0 ? "nothing" : string.Join(", ", known.Order(StringComparer.Ordinal)))}. "
                + $"Name a provider for it in Flow:Pipelines:{policy.Pipeline}:AddOnServices (an empty one leaves the service out), or take it out of app.json.";
    }

    private static string NameOf(AddOnDeclaration declared) => new([.. (declared.As ?? declared.Service).ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
}
