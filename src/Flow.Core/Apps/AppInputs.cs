using System.Text.Json.Serialization;
using Flow.Builds;
using Flow.Engine;
using Flow.Manifests;
using Flow.Releases;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Apps;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(DefineApp), "define")]
[JsonDerivedType(typeof(HeadObserved), "head")]
[JsonDerivedType(typeof(ChangeConfig), "config")]
[JsonDerivedType(typeof(RequestPromotion), "promote")]
[JsonDerivedType(typeof(ReceivePromotion), "receive-promotion")]
[JsonDerivedType(typeof(PromotionTargetEnded), "promotion-target-ended")]
[JsonDerivedType(typeof(RequestRollback), "rollback")]
[JsonDerivedType(typeof(HoldDeployments), "hold")]
[JsonDerivedType(typeof(ResumeDeployments), "resume")]
[JsonDerivedType(typeof(ScaleProcesses), "scale")]
[JsonDerivedType(typeof(RestartProcesses), "restart")]
[JsonDerivedType(typeof(RunCommand), "command")]
[JsonDerivedType(typeof(DestroyApp), "destroy")]
[JsonDerivedType(typeof(RequestSlot), "slot")]
[JsonDerivedType(typeof(RunEnded), "run-ended")]
[JsonDerivedType(typeof(ChecksChanged), "checks-changed")]
[JsonDerivedType(typeof(InspectApp), "inspect")]
[JsonDerivedType(typeof(AppInspected), "inspected")]
[JsonDerivedType(typeof(CheckManifest), "check-manifest")]
[JsonDerivedType(typeof(AddOnChanged), "addon-changed")]
[JsonDerivedType(typeof(RewrapConfig), "rewrap")]
[JsonDerivedType(typeof(AttachAddOn), "attach")]
[JsonDerivedType(typeof(DetachAddOn), "detach")]
internal abstract record AppInput : Input;

/// <summary>Who speaks as an app's pipeline, and of which proposal: names can meet, and nobody may move or destroy what belongs to others.</summary>
internal sealed record AppOwner(PipelineName Pipeline, string? Proposal);

/// <summary>From its pipeline, when it had observed so many heads: be, and live like this.</summary>
/// <param name="Policy">How.</param>
/// <param name="SeenUntil">So many heads.</param>
/// <param name="Config">Config vars that somebody gives this one app when it comes to life.</param>
/// <param name="Version">Grows with each change of how to live: what comes late changes nothing back.</param>
internal sealed record DefineApp(AppPolicy Policy, long? SeenUntil = null, IReadOnlyDictionary<string, ConfigValue>? Config = null, long Version = 0) : AppInput;

/// <summary>From its pipeline: "this is the n-th head I saw". Or from a person, for a commit of their choice.</summary>
internal sealed record HeadObserved(long Order, Revision Revision, string? By = null, AppOwner? Owner = null) : AppInput;

/// <summary>Names to values; null removes.</summary>
internal sealed record ChangeConfig(IReadOnlyDictionary<string, ConfigValue?> Changes, string By) : AppInput;

/// <param name="Id">Of the promotion.</param>
/// <param name="Release">Which; null: the one that serves.</param>
/// <param name="Targets">Where to.</param>
/// <param name="By">Who asks.</param>
/// <param name="Generated">For each target, ciphertexts of new secrets for what the manifest wants generated; used where the target has none yet.</param>
internal sealed record RequestPromotion(string Id, int? Release, IReadOnlyList<AppName> Targets, string By, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Generated = null) : AppInput;

/// <summary>From the app in whose stage the artifact was proven.</summary>
internal sealed record ReceivePromotion(PromotionOrigin Origin, PipelineName Pipeline, Stage FromStage, Artifact Artifact, Revision? Revision, string By, string? Watched = null, Requirements? Needs = null) : AppInput;

internal sealed record PromotionTargetEnded(string Promotion, PromotionTarget Target) : AppInput;

internal sealed record RequestRollback(int? ToRelease, string By) : AppInput;

internal sealed record HoldDeployments(string Reason, string By) : AppInput;

internal sealed record ResumeDeployments(string By) : AppInput;

internal sealed record ScaleProcesses(IReadOnlyDictionary<string, int> Quantities, string By) : AppInput;

internal sealed record RestartProcesses(string By, string? Reason = null) : AppInput;

internal sealed record RunCommand(string Command, TimeSpan Timeout, string By) : AppInput;

/// <summary>With evidence: who asked, or how the proposal is known to be closed. A pipeline says up to which head it looked: a newer life is not meant.</summary>
internal sealed record DestroyApp(string Evidence, string By, AppOwner? Owner = null, long? SeenUntil = null) : AppInput;

/// <summary>From a run that is about to change the app.</summary>
internal sealed record RequestSlot(RunId Run, Artifact? Artifact, FetchedSource? Source = null) : AppInput;

/// <summary>From a run that has fetched its code and may yet build it: can the app give what the code asks for, and is there anything new?</summary>
internal sealed record CheckManifest(RunId Run, FetchedSource Source) : AppInput;

/// <summary>An add-on's credentials or addresses are others now: the processes start anew, without a release phase.</summary>
/// <param name="Name">Which.</param>
/// <param name="By">Who says so.</param>
/// <param name="Rotate">They are to be replaced first.</param>
internal sealed record AddOnChanged(string Name, string By, bool Rotate = false) : AppInput;

/// <summary>Use an instance of another app too; that it may is looked at before.</summary>
internal sealed record AttachAddOn(AddOnAttachment Attachment, string By) : AppInput;
internal sealed record DetachAddOn(string Name, string By) : AppInput;

/// <summary>The same secrets under a newer key: old ciphertext to new.</summary>
internal sealed record RewrapConfig(IReadOnlyDictionary<string, string> Ciphertexts) : AppInput;

/// <summary>The run has stopped, and so has all it started but what the app keeps. With the steps that it went on without, and whether <c>postdeploy</c> has run.</summary>
internal sealed record RunEnded(RunId Run, RunStatus Outcome, string? Reason, IReadOnlyList<Uri> Endpoints, IReadOnlyList<DoneStep>? GivenUp = null, bool SetUp = false) : AppInput;

/// <summary>From its pipeline: whoever waits for checks of this commit, look again.</summary>
internal sealed record ChecksChanged(CommitSha Commit) : AppInput;

/// <summary>Look whether the current release really runs.</summary>
internal sealed record InspectApp : AppInput;

/// <summary>Result of looking. A healthy answer names where the processes listen now; one without sight concludes nothing.</summary>
internal sealed record AppInspected(int Release, bool Runs, IReadOnlyList<Uri> Endpoints, string? Problem, bool Blind = false) : AppInput;
