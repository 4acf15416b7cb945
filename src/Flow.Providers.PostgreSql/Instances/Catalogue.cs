using Flow.AddOns;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>What the options offer.</summary>
internal sealed class Catalogue
{
    private readonly PostgreSqlOptions options;
    private readonly Dictionary<string, PostgreSqlPlan> plans;

    public Catalogue(PostgreSqlOptions options)
    {
        this.options = options;
        plans = options.Plans.Count > 0 ? options.Plans.ToDictionary(StringComparer.Ordinal) : new Dictionary<string, PostgreSqlPlan>(StringComparer.Ordinal)
        {
            ["shared"] = new(),
            ["shared-large"] = new() { Description = "A database on a shared server, with more connections.", ConnectionLimit = 100 },
        };
        Offer = new()
        {
            // The first is what everybody gets for whom none is meant.
            Plans = [.. plans.OrderBy(p => p.Value.ConnectionLimit).ThenBy(p => p.Key, StringComparer.Ordinal).Select(p => new AddOnPlan(p.Key, p.Value.Description, [.. p.Value.DefaultFor], p.Value.CostPerHour))],
            Shareable = true,
            Seedable = options.Seeds.Count > 0 || options.SeedPrefix is not null,
            Prefix = "DATABASE",
        };
    }

    public AddOnCatalogue Offer { get; }

    /// <summary>A plan that the options do not have any more, and an instance still has: the smallest.</summary>
    public PostgreSqlPlan Of(string name) => plans.TryGetValue(name, out var plan) ? plan : plans[Offer.Plans[0].Name];

    public Failure? Refusal(AddOnRequest request)
    {
        if (request.Plan is { } plan && Offer.Find(plan) is null)
            return new("plan-unknown", $"'{HostileText.Shown(plan)}' is no plan of PostgreSQL; there are {string.Join(", ", Offer.Plans.Select(p => $"'{p.Name}'"))}.");
        if (request.Options is { Count: > 0 } wanted) return new("option-unknown", $"'{HostileText.Shown(wanted.Keys.First())}' is no option of PostgreSQL; it has none.");
        if (request.Seed is { } seed && !Allowed(seed)) return new("seed-unknown", $"'{HostileText.Shown(seed)}' is no seed: the host's options (Seeds, SeedPrefix) do not name it.");
        return null;
    }

    // Never another instance, whatever the options say.
    private bool Allowed(string seed) => PostgreSqlOptionsValidator.Seed().IsMatch(seed) && !seed.StartsWith(options.NamePrefix, StringComparison.Ordinal)
        && (options.Seeds.Contains(seed) || (options.SeedPrefix is { } prefix && seed.StartsWith(prefix, StringComparison.Ordinal)));
}
