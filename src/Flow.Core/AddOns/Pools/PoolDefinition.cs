namespace Flow.AddOns.Pools;

/// <summary>
/// A stock of add-on instances that are ready before anybody needs them. Declared in configuration (<c>Flow:Pools:NAME</c>), in code (<c>AddPool</c>), or through <see cref="IAddOnPools"/>. A run takes from
/// the pool whose provider, plan, purpose, options and seed are exactly those that it needs.
/// </summary>
public sealed record PoolDefinition
{
    /// <summary>Unique in the engine: a lower-case label of at most 40 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the add-on provider; it must be able to hand over instances (<see cref="IAddOnPooling"/>).</summary>
    public required string Provider { get; init; }

    /// <summary>Plan; null: the catalogue's default for the purpose.</summary>
    public string? Plan { get; init; }

    /// <summary>For whom it is kept.</summary>
    public required AddOnPurpose Purpose { get; init; }

    /// <summary>Options of the instances; null: none.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>What the instances begin with; a new version of a seed is another seed, and replaces the stock.</summary>
    public string? Seed { get; init; }

    /// <summary>So many are kept ready at least. 0 to 100.</summary>
    public int Size { get; init; } = 2;

    /// <summary>So many at most, when the bursts of the last hours ask for more than <see cref="Size"/>. At least that, at most 200; null: always <see cref="Size"/>.</summary>
    public int? MaxSize { get; init; }

    /// <summary>Older instances are replaced. A minute to 90 days.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What the stock may cost in an hour, by the catalogue's prices; null: no limit.</summary>
    public decimal? MaxCostPerHour { get; init; }
}
