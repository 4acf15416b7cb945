using System.Text.Json.Serialization;
using Flow.Apps;
using Flow.Engine;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Pipelines;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(DeclarePipeline), "declare")]
[JsonDerivedType(typeof(LookNow), "look")]
[JsonDerivedType(typeof(Looked), "looked")]
[JsonDerivedType(typeof(LookFailed), "look-failed")]
[JsonDerivedType(typeof(ReportCheck), "check")]
[JsonDerivedType(typeof(DeployHead), "deploy")]
[JsonDerivedType(typeof(ApproveCommit), "approve")]
[JsonDerivedType(typeof(ConfirmClosings), "confirm-closings")]
[JsonDerivedType(typeof(ReviewAppGone), "review-app-gone")]
[JsonDerivedType(typeof(WantReviewApp), "want-review-app")]
[JsonDerivedType(typeof(WantBranchApp), "want-branch-app")]
[JsonDerivedType(typeof(DismissReviewApp), "dismiss-review-app")]
[JsonDerivedType(typeof(PinReviewApp), "pin-review-app")]
[JsonDerivedType(typeof(JudgeReviewApps), "judge-review-apps")]
[JsonDerivedType(typeof(ChangeStageConfig), "stage-config")]
[JsonDerivedType(typeof(RewrapStageConfig), "rewrap-stage-config")]
internal abstract record PipelineInput : Input;

internal sealed record DeclarePipeline(ResolvedPipeline Pipeline) : PipelineInput;

/// <summary>"Look at it": from a webhook, a person, or (with a number) the pipeline's own timer.</summary>
internal sealed record LookNow(long? Timer = null) : PipelineInput;
internal sealed record Looked(long Look, SourceListing Listing) : PipelineInput;
internal sealed record LookFailed(long Look, Failure Failure) : PipelineInput;
internal sealed record ReportCheck(CommitSha Commit, Check Check) : PipelineInput;

/// <summary>A person wants a commit deployed to an app: the newest head of its branch, or any commit.</summary>
internal sealed record DeployHead(AppName App, CommitSha? Commit, string By) : PipelineInput;

/// <summary>A maintainer vouches for exactly this commit of an untrusted proposal.</summary>
internal sealed record ApproveCommit(CommitSha Commit, string By) : PipelineInput;
internal sealed record ConfirmClosings(string By) : PipelineInput;

/// <summary>From a review app: nothing is left of it, whoever wanted that.</summary>
/// <param name="Key">Its proposal's key.</param>
/// <param name="App">Which.</param>
/// <param name="Read">Nobody said so, somebody read it: that ends a teardown and means nothing else.</param>
/// <param name="SeenUntil">The life that is over had heard of so many observed heads: a newer life is not meant, nor a teardown of it.</param>
internal sealed record ReviewAppGone(string Key, AppName App, bool Read = false, long SeenUntil = 0) : PipelineInput;

/// <summary>A person wants an app for an open proposal, perhaps with config of its own. Secrets are bound to <paramref name="App"/>.</summary>
internal sealed record WantReviewApp(string Key, AppName App, IReadOnlyDictionary<string, ConfigValue>? Config, string By) : PipelineInput;

/// <summary>A person wants an app for a branch.</summary>
internal sealed record WantBranchApp(string Key, string Branch, AppName App, IReadOnlyDictionary<string, ConfigValue>? Config, string By) : PipelineInput;

/// <summary>A person wants an app gone although its proposal is open.</summary>
internal sealed record DismissReviewApp(string Key, string By) : PipelineInput;
internal sealed record PinReviewApp(string Key, bool Pinned, string By) : PipelineInput;

/// <summary>Which apps go for being unused? With the visits that somebody has read, as far as they are news.</summary>
internal sealed record JudgeReviewApps(IReadOnlyList<ReviewAppVisit> Visits) : PipelineInput;
internal sealed record ReviewAppVisit(AppName App, DateTimeOffset At);

/// <summary>Names to values; null removes.</summary>
internal sealed record ChangeStageConfig(Stage Stage, IReadOnlyDictionary<string, ConfigValue?> Changes, string By) : PipelineInput;

/// <summary>The same secrets under a newer key: old ciphertext to new.</summary>
internal sealed record RewrapStageConfig(IReadOnlyDictionary<string, string> Ciphertexts) : PipelineInput;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(PipelineDeclared), "declared")]
[JsonDerivedType(typeof(LookWanted), "look-wanted")]
[JsonDerivedType(typeof(HintedWhileLooking), "hinted")]
[JsonDerivedType(typeof(LookEnded), "look-ended")]
[JsonDerivedType(typeof(LookTroubled), "look-troubled")]
[JsonDerivedType(typeof(HeadMoved), "head-moved")]
[JsonDerivedType(typeof(BranchGone), "branch-gone")]
[JsonDerivedType(typeof(ProposalSeen), "proposal-seen")]
[JsonDerivedType(typeof(ProposalChanged), "proposal-changed")]
[JsonDerivedType(typeof(ProposalMissing), "proposal-missing")]
[JsonDerivedType(typeof(ProposalClosed), "proposal-closed")]
[JsonDerivedType(typeof(ReviewAppTold), "review-app-told")]
[JsonDerivedType(typeof(DeployAsked), "deploy-asked")]
[JsonDerivedType(typeof(CommitApproved), "commit-approved")]
[JsonDerivedType(typeof(CheckReported), "check-reported")]
[JsonDerivedType(typeof(ProblemSeen), "problem")]
[JsonDerivedType(typeof(BrakePulled), "brake-pulled")]
[JsonDerivedType(typeof(ClosingsConfirmed), "closings-confirmed")]
[JsonDerivedType(typeof(ReviewAppWaits), "review-app-waits")]
[JsonDerivedType(typeof(ReviewAppWanted), "review-app-wanted")]
[JsonDerivedType(typeof(ReviewAppLeaving), "review-app-leaving")]
[JsonDerivedType(typeof(ReviewAppPutAway), "review-app-put-away")]
[JsonDerivedType(typeof(ReviewAppEnded), "review-app-ended")]
[JsonDerivedType(typeof(ReviewAppPinned), "review-app-pinned")]
[JsonDerivedType(typeof(ReviewAppUsed), "review-app-used")]
[JsonDerivedType(typeof(ReviewAppWarned), "review-app-warned")]
[JsonDerivedType(typeof(BranchWanted), "branch-wanted")]
[JsonDerivedType(typeof(BranchUnseen), "branch-unseen")]
[JsonDerivedType(typeof(BranchUnwanted), "branch-unwanted")]
[JsonDerivedType(typeof(StageConfigChanged), "stage-config-changed")]
[JsonDerivedType(typeof(StageConfigRewrapped), "stage-config-rewrapped")]
internal abstract record PipelineEvent : Event;

internal sealed record PipelineDeclared(ResolvedPipeline Pipeline) : PipelineEvent;
internal sealed record LookWanted : PipelineEvent, IUnrecorded;

/// <summary>What is being read may be older than the hint.</summary>
internal sealed record HintedWhileLooking : PipelineEvent, IUnrecorded;
internal sealed record LookEnded(bool Saw) : PipelineEvent, IUnrecorded;
internal sealed record LookTroubled(LookTrouble Trouble) : PipelineEvent;
internal sealed record HeadMoved(string Branch, CommitSha Commit, long Order) : PipelineEvent;
internal sealed record BranchGone(string Branch) : PipelineEvent;
internal sealed record ProposalSeen(Proposal Proposal, long Order) : PipelineEvent;

/// <summary>Something else of it than its head's commit.</summary>
internal sealed record ProposalChanged(Proposal Proposal) : PipelineEvent;
internal sealed record ProposalMissing(string Key, int Times) : PipelineEvent;
internal sealed record ProposalClosed(string Key, string Evidence) : PipelineEvent;
internal sealed record ReviewAppTold(string Key, AppName App, long Order, DateTimeOffset? At = null) : PipelineEvent;
internal sealed record DeployAsked(AppName App, CommitSha Commit, long Order, string By) : PipelineEvent;
internal sealed record CommitApproved(CommitSha Commit, string By) : PipelineEvent;
internal sealed record CheckReported(CommitSha Commit, Check Check) : PipelineEvent;

/// <summary>Null text: it is mended.</summary>
internal sealed record ProblemSeen(string Place, string? Text) : PipelineEvent;

/// <summary>What the brake holds from now on; without a reason: nothing. Either way what was confirmed has been dealt with.</summary>
internal sealed record BrakePulled(string Reason, IReadOnlyList<string> Holds) : PipelineEvent;
internal sealed record ClosingsConfirmed(string By, IReadOnlyList<string> Keys) : PipelineEvent;

/// <summary>What a proposal's app, or its newest head, waits for; null: nothing any more.</summary>
internal sealed record ReviewAppWaits(string Key, ReviewAppWait? For, DateTimeOffset At) : PipelineEvent;
internal sealed record ReviewAppWanted(string Key, IReadOnlyDictionary<string, ConfigValue>? Config, string By) : PipelineEvent;

/// <summary>An app is told to go; until it has gone it is a teardown.</summary>
internal sealed record ReviewAppLeaving(ReviewAppTeardown Teardown) : PipelineEvent;
internal sealed record ReviewAppPutAway(string Key, ReviewAppAway Away) : PipelineEvent;

/// <summary>Nothing is left of it.</summary>
internal sealed record ReviewAppEnded(AppName App, DateTimeOffset At) : PipelineEvent;

/// <summary>Null: it is pinned no more.</summary>
internal sealed record ReviewAppPinned(string Key, string? By) : PipelineEvent;

/// <summary>Somebody deployed or visited it.</summary>
internal sealed record ReviewAppUsed(string Key, DateTimeOffset At) : PipelineEvent;

/// <summary>It goes then unless something happens. Null: not any more.</summary>
internal sealed record ReviewAppWarned(string Key, DateTimeOffset? At, DateTimeOffset? GoesAt) : PipelineEvent;
internal sealed record BranchWanted(string Key, WantedBranch Branch) : PipelineEvent;

/// <summary>A wanted branch is not in a complete listing.</summary>
internal sealed record BranchUnseen(string Key, int Times) : PipelineEvent;
internal sealed record BranchUnwanted(string Key, string Evidence) : PipelineEvent;
internal sealed record StageConfigChanged(Stage Stage, StageConfig Config) : PipelineEvent;
internal sealed record StageConfigRewrapped(IReadOnlyDictionary<string, string> Ciphertexts) : PipelineEvent;
