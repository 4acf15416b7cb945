namespace Flow.AddOns;

/// <summary>Whether a wish fits a catalogue.</summary>
internal static class CatalogueRules
{
    private const int LongestValue = 200;

    /// <summary>What does not fit, for whoever wrote it.</summary>
    public static IEnumerable<string> Problems(AddOnCatalogue catalogue, string provider, string? plan, IReadOnlyDictionary<string, string>? options, string? seed)
    {
        if (plan is not null && catalogue.Find(plan) is null) yield return $"'{HostileText.Shown(plan)}' is no plan of {provider}; there {(catalogue.Plans.Count == 1 ? "is" : "are")} {string.Join(", ", catalogue.Plans.Select(p => p.Name))}.";
        foreach (var (name, value) in (options ?? new Dictionary<string, string>()).OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            if (catalogue.Options.FirstOrDefault(o => o.Name == name) is not { } option)
                yield return $"'{HostileText.Shown(name)}' is no option of {provider}; there {(catalogue.Options.Count == 0 ? "is none" : "are " + string.Join(", ", catalogue.Options.Select(o => o.Name)))}.";
            else if (option.Values is { } values ? !values.Contains(value) : value.Length > LongestValue)
                yield return $"'{HostileText.Shown(value)}' is nothing that option {option.Name} of {provider} may be; {(option.Values is { } allowed ? "it may be " + string.Join(", ", allowed) : $"it has at most {LongestValue} characters")}.";
        }
        if (seed is not null && !catalogue.Seedable) yield return $"{provider} knows no seeds, and '{HostileText.Shown(seed)}' is one.";
    }
}
