using System.Text.Json.Serialization;

namespace Flow.AddOns.Pools;

/// <summary>A pool as last committed.</summary>
public sealed record PoolState
{
    /// <summary>As declared; null before it was, and after it was removed.</summary>
    public ResolvedPool? Declared { get; init; }
    /// <summary>Instances that are being made, are ready, or are not gone yet; oldest first.</summary>
    public IReadOnlyList<WarmInstance> Instances { get; init; } = [];
    /// <summary>How many it has made.</summary>
    public int Made { get; init; }
    /// <summary>Who asked lately, and what they got: asked again, they get the same.</summary>
    public IReadOnlyList<PoolAnswer> Answers { get; init; } = [];
    /// <summary>So often in a row an instance could not be made.</summary>
    public int Failures { get; init; }
    /// <summary>Why the last one could not.</summary>
    public Failure? Trouble { get; init; }
    /// <summary>Nothing is made before that.</summary>
    public DateTimeOffset? RestsUntil { get; init; }
    /// <summary>How many claims got an instance from stock.</summary>
    public long Served { get; init; }
    /// <summary>How many found none.</summary>
    public long Missed { get; init; }
    /// <summary>Number of its timer: an older one is nobody's.</summary>
    [JsonInclude]
    internal int Tick { get; init; }
}

/// <summary>A declaration together with what the provider's catalogue makes of it.</summary>
/// <param name="Definition">As declared.</param>
/// <param name="Plan">The plan.</param>
/// <param name="CostPerHour">Of one instance; null: unknown.</param>
/// <param name="Stock">Names what the instances are: provider, plan, purpose, options and seed. Instances of another stock go.</param>
public sealed record ResolvedPool(PoolDefinition Definition, string Plan, decimal? CostPerHour, string Stock);

/// <summary>Where a warm instance is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WarmPhase>))]
public enum WarmPhase
{
    /// <summary>Being made.</summary>
    Creating,
    /// <summary>May be claimed.</summary>
    Ready,
    /// <summary>Somebody's, and not handed over yet.</summary>
    Claimed,
    /// <summary>It could not be handed over: kept apart for whoever wants to look, then destroyed.</summary>
    Quarantined,
    /// <summary>Being destroyed.</summary>
    Leaving,
}

/// <summary>One instance of a pool.</summary>
/// <param name="Id">Under which it was provisioned.</param>
/// <param name="Stock">What it is.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Since">When it came there.</param>
/// <param name="ReadyAt">When it was made.</param>
/// <param name="For">Id of the instance that it becomes, once claimed.</param>
/// <param name="Reason">Why it is quarantined or goes.</param>
public sealed record WarmInstance(string Id, string Stock, WarmPhase Phase, DateTimeOffset Since, DateTimeOffset? ReadyAt = null, string? For = null, string? Reason = null);

/// <summary>What somebody got who asked for an instance.</summary>
/// <param name="For">Id of the instance that is needed.</param>
/// <param name="Warm">The warm one that it becomes; null: there was none, it is made cold.</param>
/// <param name="At">When.</param>
public sealed record PoolAnswer(string For, string? Warm, DateTimeOffset At);
