using Flow.Apps;
using Flow.Manifests;
using Flow.Pipelines;

namespace Flow.AddOns;

/// <summary>What an app needs of this host's providers: what its pipeline declares, then what its code declares, each as the pipeline's policy has it.</summary>
internal static class AddOnWishes
{
    public static IReadOnlyList<AddOnWish> Of(AppPolicy policy, AppManifest? manifest) => [.. Asked(policy, manifest).Select(w => Ruled(policy, w))];

    /// <summary>Where the policy says otherwise than whoever asked.</summary>
    public static IEnumerable<string> Notes(AppPolicy policy, AppManifest? manifest) => Asked(policy, manifest).Select(w => (Asked: w, Gets: Ruled(policy, w))).Where(w => w.Asked.Plan is not null && w.Asked.Plan != w.Gets.Plan)
        .Select(w => $"Add-on {w.Asked.Name} has plan {w.Gets.Plan}: for {PurposeOf(policy.Stage)} the pipeline puts it in the place of {HostileText.Shown(w.Asked.Plan)}.");

    public static AddOnPurpose PurposeOf(Stage stage) => stage switch
    {
        Stage.Test => AddOnPurpose.Test,
        Stage.Review => AddOnPurpose.Review,
        Stage.Development => AddOnPurpose.Development,
        Stage.Staging => AddOnPurpose.Staging,
        _ => AddOnPurpose.Production,
    };

    private static AddOnWish Ruled(AppPolicy policy, AddOnWish wish)
    {
        var purpose = PurposeOf(policy.Stage);
        bool IsOf(string provider) => provider.Equals(wish.Provider, StringComparison.OrdinalIgnoreCase);
        return wish with
        {
            Plan = policy.AddOnPlans.FirstOrDefault(r => IsOf(r.Provider) && r.Purpose == purpose)?.Plan ?? wish.Plan,
            // What is precious never begins with somebody else's data.
            Seed = purpose > AddOnPurpose.Development ? null : wish.Seed ?? policy.AddOnSeeds.FirstOrDefault(s => IsOf(s.Key)).Value,
        };
    }

    /// <summary>The pipeline's own add-ons are not repeated: what it declares under a name counts.</summary>
    private static List<AddOnWish> Asked(AppPolicy policy, AppManifest? manifest)
    {
        List<AddOnWish> wishes = [.. policy.AddOns];
        foreach (var declared in manifest?.AddOns ?? [])
        {
            var provider = policy.AddOnServices.TryGetValue(declared.Service, out var mapped) ? mapped : declared.Service;
            if (provider.Length == 0 || policy.AddOns.Any(a => a.Name == NameOf(declared))) continue;
            var name = NameOf(declared);
            // Two of one service without names of their own: the second is the second.
            for (var again = 2; wishes.Any(w => w.Name == name); again++) name = $"{NameOf(declared)}-{again}";
            // A plan is the provider's word: under another provider it says nothing.
            wishes.Add(new() { Name = name, Provider = provider.ToLowerInvariant(), Plan = mapped is null ? declared.Plan : null, Options = mapped is null ? declared.Options : null, As = declared.As });
        }
        return wishes;
    }

    private static string NameOf(AddOnDeclaration declared) => new([.. (declared.As ?? declared.Service).ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
}
