using System.Text.Json.Serialization;
using Flow.Engine;
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
internal sealed record ReviewAppGone(string Key, AppName App) : PipelineInput;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(PipelineDeclared), "declared")]
[JsonDerivedType(typeof(LookWanted), "look-wanted")]
[JsonDerivedType(typeof(HintedWhileLooking), "hinted")]
[JsonDerivedType(typeof(LookEnded), "look-ended")]
[JsonDerivedType(typeof(LookTroubled), "look-troubled")]
[JsonDerivedType(typeof(HeadMoved), "head-moved")]
[JsonDerivedType(typeof(BranchGone), "branch-gone")]
[JsonDerivedType(typeof(ProposalSeen), "proposal-seen")]
[JsonDerivedType(typeof(ProposalMissing), "proposal-missing")]
[JsonDerivedType(typeof(ProposalClosed), "proposal-closed")]
[JsonDerivedType(typeof(ReviewAppTold), "review-app-told")]
[JsonDerivedType(typeof(DeployAsked), "deploy-asked")]
[JsonDerivedType(typeof(CommitApproved), "commit-approved")]
[JsonDerivedType(typeof(CheckReported), "check-reported")]
[JsonDerivedType(typeof(ProblemSeen), "problem")]
[JsonDerivedType(typeof(BrakePulled), "brake-pulled")]
[JsonDerivedType(typeof(ClosingsConfirmed), "closings-confirmed")]
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
internal sealed record ProposalMissing(string Key, int Times) : PipelineEvent;
internal sealed record ProposalClosed(string Key, string Evidence) : PipelineEvent;
internal sealed record ReviewAppTold(string Key, AppName App, long Order) : PipelineEvent;
internal sealed record DeployAsked(AppName App, CommitSha Commit, long Order, string By) : PipelineEvent;
internal sealed record CommitApproved(CommitSha Commit, string By) : PipelineEvent;
internal sealed record CheckReported(CommitSha Commit, Check Check) : PipelineEvent;

/// <summary>Null text: it is mended.</summary>
internal sealed record ProblemSeen(string Place, string? Text) : PipelineEvent;

/// <summary>What the brake holds from now on; without a reason: nothing. Either way what was confirmed has been dealt with.</summary>
internal sealed record BrakePulled(string Reason, IReadOnlyList<string> Holds) : PipelineEvent;
internal sealed record ClosingsConfirmed(string By, IReadOnlyList<string> Keys) : PipelineEvent;
