using System.Text.Json.Serialization;
using Flow.Builds;
using Flow.Engine;
using Flow.Gates;

namespace Flow.Runs;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(RunBegun), "begun")]
[JsonDerivedType(typeof(StepStarted), "step-started")]
[JsonDerivedType(typeof(StepSucceeded), "step-succeeded")]
[JsonDerivedType(typeof(StepGivenUp), "step-given-up")]
[JsonDerivedType(typeof(ScriptsUnwanted), "scripts-unwanted")]
[JsonDerivedType(typeof(AttemptFailed), "attempt-failed")]
[JsonDerivedType(typeof(RunParked), "parked")]
[JsonDerivedType(typeof(RunUnparked), "unparked")]
[JsonDerivedType(typeof(HintNoted), "hint-noted")]
[JsonDerivedType(typeof(HintTaken), "hint-taken")]
[JsonDerivedType(typeof(SlotReceived), "slot-received")]
[JsonDerivedType(typeof(ArtifactTaken), "artifact-taken")]
[JsonDerivedType(typeof(RunApproved), "approved")]
[JsonDerivedType(typeof(GateOverridden), "gate-overridden")]
[JsonDerivedType(typeof(OutcomeUnknown), "outcome-unknown")]
[JsonDerivedType(typeof(UnknownDecided), "unknown-decided")]
[JsonDerivedType(typeof(RunStopping), "stopping")]
[JsonDerivedType(typeof(StopTried), "stop-tried")]
[JsonDerivedType(typeof(RunClosed), "closed")]
[JsonDerivedType(typeof(CommandsRemoved), "commands-removed")]
[JsonDerivedType(typeof(RunExpired), "expired")]
internal abstract record RunEvent : Event;

internal sealed record RunBegun(Plan Plan, DateTimeOffset At) : RunEvent;
internal sealed record StepStarted(string Step, int Attempt) : RunEvent;
internal sealed record StepSucceeded(string Step, string Output, StepFacts? Facts, DateTimeOffset At) : RunEvent;

/// <summary>It failed where nothing can be taken back: the run goes on without it.</summary>
internal sealed record StepGivenUp(string Step, string Reason, bool Unsure, DateTimeOffset At) : RunEvent;

/// <summary>The app goes while its release begins to serve: nobody waits for the scripts after that.</summary>
internal sealed record ScriptsUnwanted(string Reason) : RunEvent;
internal sealed record AttemptFailed(string Step, int Attempt, Failure Failure, bool Unsure = false) : RunEvent;
internal sealed record RunParked(WaitReason Reason, TimeSpan After = default) : RunEvent;

/// <summary>With the time that its timer has measured, if it was the timer.</summary>
internal sealed record RunUnparked(TimeSpan Waited = default) : RunEvent;

/// <summary>A hint came while the step was looking; without a note it would be lost.</summary>
internal sealed record HintNoted : RunEvent, IUnrecorded;
internal sealed record HintTaken : RunEvent, IUnrecorded;
internal sealed record SlotReceived(SlotGrant Grant, DateTimeOffset At) : RunEvent;
internal sealed record ArtifactTaken(Artifact Artifact) : RunEvent;
internal sealed record RunApproved(Approval Approval) : RunEvent;
internal sealed record GateOverridden(string Gate, string By, string Reason) : RunEvent;
internal sealed record OutcomeUnknown(string Step, WaitReason Question) : RunEvent;
internal sealed record UnknownDecided(bool Happened, string By) : RunEvent;
internal sealed record RunStopping(string Reason, bool Cancelled, string? By) : RunEvent;
internal sealed record StopTried(Failure Failure) : RunEvent;
internal sealed record RunClosed(RunStatus Outcome, string? Reason, DateTimeOffset At) : RunEvent;
internal sealed record CommandsRemoved : RunEvent;
internal sealed record RunExpired : RunEvent;
