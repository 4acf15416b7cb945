using System.Text.Json.Serialization;
using Flow.Engine;

namespace Flow.AddOns.Pools;

/// <summary>What to make for a pool.</summary>
/// <param name="Pool">Its name.</param>
/// <param name="Provider">Provider.</param>
/// <param name="Request">Without an owner.</param>
public sealed record WarmOrder(string Pool, string Provider, AddOnRequest Request);

/// <summary>One instance of a pool, from its order until it is somebody else's or gone.</summary>
public sealed record WarmState
{
    /// <summary>What to make; null before it was ordered.</summary>
    public WarmOrder? Order { get; init; }
    /// <summary>It is there.</summary>
    public bool Ready { get; init; }
    /// <summary>It is to be destroyed.</summary>
    public bool Leaving { get; init; }
    /// <summary>Why it could not be made.</summary>
    public Failure? Failure { get; init; }
    /// <summary>So often destroying it failed.</summary>
    public int Failures { get; init; }
    /// <summary>Waits before it is tried again.</summary>
    public bool Resting { get; init; }
}

internal sealed record ProvisionWarm(WarmOrder Order) : Effect($"warm/{Order.Request.Id}");
internal sealed record DeprovisionWarm(WarmOrder Order, int Failures) : Effect($"warm/{Order.Request.Id}/remove/{Failures}");

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(MakeWarm), "make")]
[JsonDerivedType(typeof(RemoveWarm), "remove")]
[JsonDerivedType(typeof(ForgetWarm), "forget")]
[JsonDerivedType(typeof(WarmMade), "made")]
[JsonDerivedType(typeof(WarmMakingFailed), "making-failed")]
[JsonDerivedType(typeof(WarmRemoved), "removed")]
[JsonDerivedType(typeof(WarmRemovingFailed), "removing-failed")]
[JsonDerivedType(typeof(WarmRested), "rested")]
internal abstract record WarmInput : Input;

internal sealed record MakeWarm(WarmOrder Order) : WarmInput;
internal sealed record RemoveWarm : WarmInput;

/// <summary>It is somebody else's now, under another id.</summary>
internal sealed record ForgetWarm : WarmInput;
internal sealed record WarmMade : WarmInput;
internal sealed record WarmMakingFailed(Failure Failure) : WarmInput;
internal sealed record WarmRemoved : WarmInput;
internal sealed record WarmRemovingFailed(Failure Failure) : WarmInput;
internal sealed record WarmRested(int Failures) : WarmInput;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(WarmBegun), "begun")]
[JsonDerivedType(typeof(WarmProvisioned), "provisioned")]
[JsonDerivedType(typeof(WarmUnwanted), "unwanted")]
[JsonDerivedType(typeof(WarmClings), "clings")]
[JsonDerivedType(typeof(WarmWakes), "wakes")]
internal abstract record WarmEvent : Event;

internal sealed record WarmBegun(WarmOrder Order) : WarmEvent;
internal sealed record WarmProvisioned : WarmEvent;
internal sealed record WarmUnwanted(Failure? Failure) : WarmEvent;
internal sealed record WarmClings(Failure Failure) : WarmEvent;
internal sealed record WarmWakes : WarmEvent;

/// <summary>Makes one instance and destroys it, until it is gone for certain: what could not be made is destroyed too, since nobody knows how far it came.</summary>
internal sealed class WarmDecider : Decider<WarmState, WarmInput, WarmEvent>
{
    public const string Kind = "warm";
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(10);

    public static StreamId StreamOf(string id) => new(Kind, id);

    public override WarmState Initial { get; } = new();

    public override Effect? Next(StreamId self, WarmState warm) => warm switch
    {
        { Order: null } or { Resting: true } => null,
        { Leaving: true } => new DeprovisionWarm(warm.Order, warm.Failures),
        { Ready: false } => new ProvisionWarm(warm.Order),
        _ => null,
    };

    public override Decision Decide(StreamId self, WarmState warm, WarmInput input, DateTimeOffset now) => input switch
    {
        MakeWarm make when warm.Order is null => Decision.Of(new WarmBegun(make.Order)),
        // Told to go before it was told to come, or gone already.
        RemoveWarm when warm.Order is null => Decision.Nothing,
        RemoveWarm when !warm.Leaving => Decision.Of(new WarmUnwanted(null)),
        ForgetWarm when warm is { Ready: true, Leaving: false } => Decision.Forget(),
        WarmMade when warm is { Order: { } order, Ready: false, Leaving: false } => Decision.Of(new WarmProvisioned()).Send(PoolDecider.StreamOf(order.Pool), new WarmIsReady(self.Key)),
        WarmMakingFailed failed when warm is { Order: not null, Ready: false, Leaving: false } => Decision.Of(new WarmUnwanted(failed.Failure)),
        WarmRemoved when warm is { Order: { } order, Leaving: true } =>
            Decision.Forget().Send(PoolDecider.StreamOf(order.Pool), warm.Failure is { } failure ? new WarmHasFailed(self.Key, failure) : new WarmIsGone(self.Key)),
        WarmRemovingFailed failed when warm is { Leaving: true, Resting: false } => Decision.Of(new WarmClings(failed.Failure)).Send(self, new WarmRested(warm.Failures + 1), Rest(warm.Failures + 1)),
        WarmRested rested when warm.Resting && rested.Failures == warm.Failures => Decision.Of(new WarmWakes()),
        _ => Decision.Nothing,
    };

    private static TimeSpan Rest(int failures) => TimeSpan.FromSeconds(Math.Min(LongestRest.TotalSeconds, Math.Pow(2, Math.Min(failures, 20))));

    public override WarmState Evolve(WarmState warm, WarmEvent happened) => happened switch
    {
        WarmBegun begun => warm with { Order = begun.Order },
        WarmProvisioned => warm with { Ready = true },
        WarmUnwanted unwanted => warm with { Leaving = true, Failure = unwanted.Failure },
        WarmClings => warm with { Failures = warm.Failures + 1, Resting = true },
        WarmWakes => warm with { Resting = false },
        _ => throw new InvalidOperationException($"A warm instance knows no {happened.GetType().Name}."),
    };
}
