using System.Text.Json.Serialization;
using Flow.Engine;

namespace Flow.AddOns.Pools;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(DeclarePool), "declare")]
[JsonDerivedType(typeof(RemovePool), "remove")]
[JsonDerivedType(typeof(ClaimWarm), "claim")]
[JsonDerivedType(typeof(SettleClaim), "settle")]
[JsonDerivedType(typeof(AbandonClaim), "abandon")]
[JsonDerivedType(typeof(WarmIsReady), "warm-ready")]
[JsonDerivedType(typeof(WarmHasFailed), "warm-failed")]
[JsonDerivedType(typeof(WarmIsGone), "warm-gone")]
[JsonDerivedType(typeof(PoolTick), "tick")]
internal abstract record PoolInput : Input;

internal sealed record DeclarePool(ResolvedPool Pool) : PoolInput;
internal sealed record RemovePool(string By) : PoolInput;

/// <summary>Somebody needs an instance under this id. Answered with the warm one's id, or with nothing: make it cold.</summary>
internal sealed record ClaimWarm(string For, string Stock) : PoolInput;

/// <summary>The provider has handed it over, or has said for good that it cannot.</summary>
internal sealed record SettleClaim(string For, string Warm, Failure? Failure) : PoolInput;

/// <summary>Who wanted it is gone.</summary>
internal sealed record AbandonClaim(string For) : PoolInput;

internal sealed record WarmIsReady(string Id) : PoolInput;
internal sealed record WarmHasFailed(string Id, Failure Failure) : PoolInput;
internal sealed record WarmIsGone(string Id) : PoolInput;

/// <summary>Look at the stock.</summary>
internal sealed record PoolTick(int Tick) : PoolInput;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(PoolDeclared), "declared")]
[JsonDerivedType(typeof(PoolRemoved), "removed")]
[JsonDerivedType(typeof(WarmOrdered), "warm-ordered")]
[JsonDerivedType(typeof(WarmStocked), "warm-stocked")]
[JsonDerivedType(typeof(WarmNotMade), "warm-not-made")]
[JsonDerivedType(typeof(WarmClaimed), "warm-claimed")]
[JsonDerivedType(typeof(ClaimMissed), "claim-missed")]
[JsonDerivedType(typeof(WarmHandedOver), "warm-handed-over")]
[JsonDerivedType(typeof(WarmQuarantined), "warm-quarantined")]
[JsonDerivedType(typeof(WarmRetired), "warm-retired")]
[JsonDerivedType(typeof(WarmLeft), "warm-left")]
[JsonDerivedType(typeof(AnswersForgotten), "answers-forgotten")]
[JsonDerivedType(typeof(TickArmed), "tick-armed")]
internal abstract record PoolEvent : Event;

internal sealed record PoolDeclared(ResolvedPool Pool) : PoolEvent;
internal sealed record PoolRemoved(string By) : PoolEvent;
internal sealed record WarmOrdered(string Id, string Stock, DateTimeOffset At) : PoolEvent;
internal sealed record WarmStocked(string Id, DateTimeOffset At) : PoolEvent;
internal sealed record WarmNotMade(string Id, Failure Failure, DateTimeOffset RestsUntil) : PoolEvent;
internal sealed record WarmClaimed(string Id, string For, DateTimeOffset At) : PoolEvent;
internal sealed record ClaimMissed(string For, DateTimeOffset At) : PoolEvent;
internal sealed record WarmHandedOver(string Id, string For) : PoolEvent;
internal sealed record WarmQuarantined(string Id, string Reason, DateTimeOffset At) : PoolEvent;
internal sealed record WarmRetired(string Id, string Reason, DateTimeOffset At) : PoolEvent;
internal sealed record WarmLeft(string Id) : PoolEvent;
internal sealed record AnswersForgotten(DateTimeOffset Before) : PoolEvent, IUnrecorded;
internal sealed record TickArmed : PoolEvent, IUnrecorded;
