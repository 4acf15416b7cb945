using System.Text.Json.Serialization;
using Flow.Builds;
using Flow.Engine;
using Flow.Manifests;
using Flow.Releases;
using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Apps;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(AppCreated), "created")]
[JsonDerivedType(typeof(AppPolicyChanged), "policy-changed")]
[JsonDerivedType(typeof(AppRebirthPlanned), "rebirth-planned")]
[JsonDerivedType(typeof(AppDestroying), "destroying")]
[JsonDerivedType(typeof(AppUnwanted), "unwanted")]
[JsonDerivedType(typeof(AppDestroyed), "destroyed")]
[JsonDerivedType(typeof(RunPlanned), "run-planned")]
[JsonDerivedType(typeof(SlotAsked), "slot-asked")]
[JsonDerivedType(typeof(SlotGiven), "slot-given")]
[JsonDerivedType(typeof(CandidateLeaving), "run-leaving")]
[JsonDerivedType(typeof(CandidateAwaited), "run-awaited")]
[JsonDerivedType(typeof(CandidateEnded), "run-ended")]
[JsonDerivedType(typeof(ReleaseCreated), "release-created")]
[JsonDerivedType(typeof(ReleaseSucceeded), "release-succeeded")]
[JsonDerivedType(typeof(ReleaseFailed), "release-failed")]
[JsonDerivedType(typeof(ReleasesExpired), "releases-expired")]
[JsonDerivedType(typeof(DeploymentReplaced), "deployment-replaced")]
[JsonDerivedType(typeof(ResourcesIntended), "resources-intended")]
[JsonDerivedType(typeof(ResourcesGone), "resources-gone")]
[JsonDerivedType(typeof(ConfigChanged), "config-changed")]
[JsonDerivedType(typeof(ConfigRewrapped), "config-rewrapped")]
[JsonDerivedType(typeof(FormationChanged), "formation-changed")]
[JsonDerivedType(typeof(AppSetUp), "set-up")]
[JsonDerivedType(typeof(AddOnAttached), "attached")]
[JsonDerivedType(typeof(AddOnDetached), "detached")]
[JsonDerivedType(typeof(Held), "held")]
[JsonDerivedType(typeof(Resumed), "resumed")]
[JsonDerivedType(typeof(PromotionBegun), "promotion-begun")]
[JsonDerivedType(typeof(PromotionTargetSettled), "promotion-target-settled")]
[JsonDerivedType(typeof(RequestRefused), "refused")]
[JsonDerivedType(typeof(InspectionWanted), "inspection-wanted")]
[JsonDerivedType(typeof(InspectionDone), "inspection-done")]
internal abstract record AppEvent : Event;

internal sealed record AppCreated(AppPolicy Policy, int Generation, DateTimeOffset At, long Version = 0) : AppEvent;
internal sealed record AppPolicyChanged(AppPolicy Policy, long Version = 0) : AppEvent;
internal sealed record AppRebirthPlanned(Rebirth? Rebirth) : AppEvent;
internal sealed record AppDestroying(string Evidence, string By, DateTimeOffset At, long? SeenUntil = null) : AppEvent;

/// <summary>Its pipeline does not want it either, as of so many observed heads.</summary>
internal sealed record AppUnwanted(long SeenUntil) : AppEvent;
internal sealed record AppDestroyed(DateTimeOffset At) : AppEvent;

internal sealed record RunPlanned(Candidate Run, string? By, DateTimeOffset At) : AppEvent;
internal sealed record SlotAsked(RunId Run, Artifact? Artifact, string? Watched = null, Requirements? Needs = null) : AppEvent;
internal sealed record SlotGiven(RunId Run, DeploymentId? Deployment) : AppEvent;
internal sealed record CandidateLeaving(RunId Run, string Reason) : AppEvent;

/// <summary>Another one asked for the slot, and was told that this one goes first, although it has not asked yet.</summary>
internal sealed record CandidateAwaited(RunId Run) : AppEvent;
internal sealed record CandidateEnded(RunId Run, RunStatus Outcome, string? Reason, DateTimeOffset At) : AppEvent;

internal sealed record ReleaseCreated(Release Release, ManifestVersion? Manifest = null) : AppEvent;
internal sealed record ReleaseSucceeded(int Number, IReadOnlyList<Uri> Endpoints, DateTimeOffset At) : AppEvent;
internal sealed record ReleaseFailed(int Number, string Reason, DateTimeOffset At) : AppEvent;
internal sealed record ReleasesExpired(IReadOnlyList<int> Numbers) : AppEvent;

/// <summary>The current release runs in other processes now: restarted, scaled, or found elsewhere.</summary>
internal sealed record DeploymentReplaced(int Release, DeploymentId Deployment, IReadOnlyList<Uri> Endpoints) : AppEvent;

internal sealed record ResourcesIntended(IReadOnlyList<OwnedResource> Resources) : AppEvent;
internal sealed record ResourcesGone(IReadOnlyList<string> Ids) : AppEvent;
internal sealed record ConfigChanged(ConfigVersion Config) : AppEvent;

/// <summary>Old ciphertext to new: the same secrets under a newer key, in every config version that is kept.</summary>
internal sealed record ConfigRewrapped(IReadOnlyDictionary<string, string> Ciphertexts) : AppEvent;
internal sealed record FormationChanged(IReadOnlyDictionary<string, int> Quantities, string By) : AppEvent;

/// <summary>How the steps after the switch went: whether <c>postdeploy</c> need not run again, and what failed.</summary>
internal sealed record AppSetUp(bool Done, string? Problem) : AppEvent;
internal sealed record AddOnAttached(AddOnAttachment Attachment, string By) : AppEvent;
internal sealed record AddOnDetached(string Name, string By) : AppEvent;
internal sealed record Held(Hold Hold) : AppEvent;
internal sealed record Resumed(string By) : AppEvent;
internal sealed record PromotionBegun(Promotion Promotion) : AppEvent;
internal sealed record PromotionTargetSettled(string Promotion, PromotionTarget Target) : AppEvent;
internal sealed record RequestRefused(Refusal Refusal) : AppEvent;
internal sealed record InspectionWanted : AppEvent, IUnrecorded;
internal sealed record InspectionDone : AppEvent, IUnrecorded;
