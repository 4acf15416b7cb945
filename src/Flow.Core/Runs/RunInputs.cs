using System.Text.Json.Serialization;
using Flow.Builds;
using Flow.Engine;

namespace Flow.Runs;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(BeginRun), "begin")]
[JsonDerivedType(typeof(SlotGranted), "slot-granted")]
[JsonDerivedType(typeof(SlotDelayed), "slot-delayed")]
[JsonDerivedType(typeof(SlotRefused), "slot-refused")]
[JsonDerivedType(typeof(StepBegun), "step-begun")]
[JsonDerivedType(typeof(StepDone), "step-done")]
[JsonDerivedType(typeof(StepFailed), "step-failed")]
[JsonDerivedType(typeof(StepMustWait), "step-must-wait")]
[JsonDerivedType(typeof(StepUnknown), "step-unknown")]
[JsonDerivedType(typeof(ArtifactReady), "artifact-ready")]
[JsonDerivedType(typeof(BuildFailed), "build-failed")]
[JsonDerivedType(typeof(LookAgain), "look-again")]
[JsonDerivedType(typeof(CancelRun), "cancel")]
[JsonDerivedType(typeof(ApproveRun), "approve")]
[JsonDerivedType(typeof(OverrideGate), "override-gate")]
[JsonDerivedType(typeof(DecideUnknown), "decide-unknown")]
[JsonDerivedType(typeof(Stopped), "stopped")]
[JsonDerivedType(typeof(StopFailed), "stop-failed")]
[JsonDerivedType(typeof(RunTidied), "tidied")]
[JsonDerivedType(typeof(RunRetentionOver), "retention-over")]
[JsonDerivedType(typeof(LogsDeleted), "logs-deleted")]
internal abstract record RunInput : Input;

internal sealed record BeginRun(Plan Plan) : RunInput;
internal sealed record SlotGranted(SlotGrant Grant) : RunInput;

/// <summary>From the app: not yet, because.</summary>
internal sealed record SlotDelayed(string Reason, string Owner) : RunInput;

/// <summary>From the app: never, because. The run fails.</summary>
internal sealed record SlotRefused(string Reason) : RunInput;

/// <summary>From the step itself, before it does what must not be done twice.</summary>
internal sealed record StepBegun(string Step, int Attempt) : RunInput;
internal sealed record StepDone(string Step, string Output, StepFacts? Facts = null) : RunInput;

/// <summary>Known to have failed: a retry is a new attempt. Unsure: nobody knows whether it happened, so a retry is the same attempt, and finds it by its key.</summary>
internal sealed record StepFailed(string Step, Failure Failure, bool Unsure = false) : RunInput;
internal sealed record StepMustWait(string Step, string For, string Owner, TimeSpan LookAgainIn) : RunInput;

/// <summary>Begun before a crash, and must not be repeated.</summary>
internal sealed record StepUnknown(string Step, string Question) : RunInput;
internal sealed record ArtifactReady(string BuildKey, Artifact Artifact) : RunInput;
internal sealed record BuildFailed(string BuildKey, Failure Failure) : RunInput;

/// <summary>An alarm, or a hint that something may have changed (<paramref name="Parked"/> null).</summary>
internal sealed record LookAgain(int? Parked) : RunInput;

/// <summary>End without having done it.</summary>
/// <param name="Reason">Why.</param>
/// <param name="By">Who.</param>
/// <param name="Gone">The app goes: nobody waits for scripts that make it ready.</param>
internal sealed record CancelRun(string Reason, string By, bool Gone = false) : RunInput;
internal sealed record ApproveRun(string By, string? Comment) : RunInput;
internal sealed record OverrideGate(string Gate, string By, string Reason) : RunInput;

/// <summary>A person's word on a step that nobody knows the end of: it happened, or do it again.</summary>
internal sealed record DecideUnknown(bool Happened, string By) : RunInput;

/// <summary>Nothing of the run is left working.</summary>
internal sealed record Stopped : RunInput;
internal sealed record StopFailed(Failure Failure) : RunInput;
internal sealed record RunTidied : RunInput;
internal sealed record RunRetentionOver : RunInput;
internal sealed record LogsDeleted : RunInput;

/// <summary>What a built-in step tells the run beside its output.</summary>
internal sealed record StepFacts(FetchedSource? Source = null, IReadOnlyList<Uri>? Endpoints = null);
