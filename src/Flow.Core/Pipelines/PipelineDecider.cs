using Flow.Apps;
using Flow.Engine;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Pipelines;

internal sealed record LookAtSource(PipelineName Pipeline, long Look) : Effect($"{Pipeline}/look/{Look}");

/// <summary>
/// A pipeline looks at its repository, records what it saw, and tells its apps. A hint only makes it look sooner; what counts is what was read.
/// </summary>
internal sealed partial class PipelineDecider : Decider<PipelineState, PipelineInput, PipelineEvent>
{
    public const string Kind = "pipeline";
    private const int CommitsWithChecks = 100;
    private const int ChecksPerCommit = 200;
    private const int ApprovedKept = 100;
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(2);

    public static StreamId StreamOf(PipelineName pipeline) => new(Kind, pipeline.ToString());
    private static PipelineName NameOf(StreamId self) => PipelineName.Parse(self.Key);

    public override PipelineState Initial { get; } = new();

    public override Effect? Next(StreamId self, PipelineState pipeline) => pipeline.LookDue ? new LookAtSource(NameOf(self), pipeline.Look) : null;

    public override Decision Decide(StreamId self, PipelineState pipeline, PipelineInput input, DateTimeOffset now) => input switch
    {
        DeclarePipeline declare => Declare(pipeline, declare.Pipeline),
        _ when pipeline.Declared is null => Decision.Refuse("pipeline-unknown", $"There is no pipeline {self.Key}."),
        LookNow { Timer: { } timer } => pipeline.LookDue || timer != pipeline.Look ? Decision.Nothing : Decision.Of(new LookWanted()),
        LookNow => Decision.Nothing.And(Hint(pipeline)),
        Looked looked when looked.Look == pipeline.Look && pipeline.LookDue => Rearm(self, pipeline, See(pipeline, looked.Listing, now).And(new LookEnded(true)), pipeline.Declared.Definition.LookInterval).And(pipeline.LookAgain ? [new LookWanted()] : []),
        LookFailed failed when failed.Look == pipeline.Look && pipeline.LookDue => Fail(self, pipeline, failed.Failure, now),
        ReportCheck report => Report(pipeline, report),
        DeployHead deploy => Deploy(pipeline, deploy, now),
        ApproveCommit approve => Approve(self, pipeline, approve),
        ConfirmClosings confirm => pipeline.Brake is null
            ? Decision.Nothing.Reply(Answer.Ok(remark: "Nothing waits for confirmation."))
            : Decision.Of(new ClosingsConfirmed(confirm.By, pipeline.BrakeHolds)).And(pipeline.LookDue ? [] : [new LookWanted()]),
        WantReviewApp want => Want(pipeline, want, now),
        WantBranchApp want => Want(pipeline, want, now),
        DismissReviewApp dismiss => Dismiss(pipeline, dismiss, now),
        PinReviewApp pin => Pin(pipeline, pin),
        ReviewAppGone gone => Ended(pipeline, gone, now),
        JudgeReviewApps judge => Judge(pipeline, judge, now),
        ChangeStageConfig change => Configure(pipeline, change, now),
        RewrapStageConfig rewrap => Rewrap(pipeline, rewrap),
        _ => Decision.Nothing,
    };

    private Decision Declare(PipelineState pipeline, ResolvedPipeline declared)
    {
        var draft = new Draft(this, pipeline);
        var before = pipeline.Declared;
        if (before?.Fingerprint != declared.Fingerprint) Declare(draft, before, declared);
        if (!pipeline.LookDue) draft.Happens(new LookWanted());
        return draft.Done().Reply(Answer.Ok());
    }

    private static void Declare(Draft draft, ResolvedPipeline? before, ResolvedPipeline declared)
    {
        draft.Happens(new PipelineDeclared(declared));
        var first = draft.NextOrder;
        foreach (var app in declared.Definition.Apps)
        {
            draft.Send(AppDecider.StreamOf(app.Name), new DefineApp(Policies.Of(declared, app), first, Version: draft.State.Policies));
            if (app.Branch is not { } branch || !draft.State.Branches.TryGetValue(branch, out var head)) continue;
            // Another branch is news for this app, however long ago its head was observed.
            var news = before?.Definition.Apps.FirstOrDefault(a => a.Name == app.Name)?.Branch != branch;
            if (news) draft.Happens(new HeadMoved(branch, head.Commit, draft.NextOrder));
            draft.Send(AppDecider.StreamOf(app.Name), Head(declared.Definition, news ? draft.State.Order : head.Order, $"refs/heads/{branch}", head.Commit));
        }
        Redefine(draft);
        if (declared.Definition.ReviewApps is not null)
            foreach (var seen in draft.State.Proposals.Values.Where(p => p.App is not null && p.Told == p.Order))
                if (ReviewAdmission.Vouched(declared, draft.State.Approved, seen.Proposal.Head) is { } head)
                    draft.Send(AppDecider.StreamOf(seen.App!.Value), new HeadObserved(seen.Order, head, Owner: new(declared.Definition.Name, seen.Proposal.Key)));
        foreach (var gone in draft.State.Problems.Keys.Where(p => p.StartsWith("app ", StringComparison.Ordinal) && declared.Definition.Apps.All(a => $"app {a.Name}" != p)).ToList())
            draft.Happens(new ProblemSeen(gone, null));
    }

    private static HeadObserved Head(PipelineDefinition definition, long order, string reference, CommitSha commit) =>
        new(order, new() { Sha = commit, Ref = reference, Trust = Trust.Trusted }, Owner: new(definition.Name, null));

    /// <summary>Something may have changed.</summary>
    private static IReadOnlyList<Event> Hint(PipelineState pipeline) => pipeline switch
    {
        { LookDue: false } => [new LookWanted()],
        // What is being read may be older than the wish; a branch is there all the same.
        { LookAgain: false } => [new HintedWhileLooking()],
        _ => [],
    };

    private static Decision Rearm(StreamId self, PipelineState pipeline, Decision decided, TimeSpan after) =>
        decided.Send(self, new LookNow(pipeline.Look), after);

    /// <summary>An outage concludes nothing: no head moves, no proposal closes. It is looked again, less and less often.</summary>
    private static Decision Fail(StreamId self, PipelineState pipeline, Failure failure, DateTimeOffset now)
    {
        var times = (pipeline.Trouble?.Times ?? 0) + 1;
        var rest = TimeSpan.FromTicks(Math.Min(LongestRest.Ticks, pipeline.Declared!.Definition.LookInterval.Ticks << Math.Min(times, 8)));
        return Rearm(self, pipeline, Decision.Of(new LookTroubled(new(failure, pipeline.Trouble?.Since ?? now, times)), new LookEnded(false)), rest);
    }

    private static Decision Report(PipelineState pipeline, ReportCheck report)
    {
        var known = pipeline.ChecksOf(report.Commit);
        if (known.Any(c => c == report.Check)) return Decision.Nothing.Reply(Answer.Ok());
        if (known.Count >= ChecksPerCommit && known.All(c => c.Name != report.Check.Name)) return Decision.Refuse("too-many-checks", $"Commit {report.Commit.Short} has {ChecksPerCommit} checks already.");
        // A hint only: who waits for an older head looks again by itself.
        var decision = Decision.Of(new CheckReported(report.Commit, report.Check));
        var apps = pipeline.Declared!.Definition.Apps.Select(a => a.Name).Concat(pipeline.Proposals.Values.Where(p => p.App is not null && p.Proposal.Head.Sha == report.Commit).Select(p => p.App!.Value));
        return apps.Aggregate(decision, (told, app) => told.Send(AppDecider.StreamOf(app), new ChecksChanged(report.Commit))).Reply(Answer.Ok());
    }

    private Decision Deploy(PipelineState pipeline, DeployHead deploy, DateTimeOffset now)
    {
        var definition = pipeline.Declared!.Definition;
        var app = definition.Apps.FirstOrDefault(a => a.Name == deploy.App);
        var proposal = app is not null ? null : pipeline.Proposals.Values.FirstOrDefault(p => p.App == deploy.App)
            ?? pipeline.Proposals.Values.FirstOrDefault(p => p.App is null && definition.ReviewApps is not null && ReviewAdmission.TryName(definition, p.Proposal.Key, out var name, out _) && name == deploy.App);
        if (app is null && proposal is null) return Decision.Refuse("app-unknown", $"Pipeline {definition.Name} has no app {deploy.App}.");
        var branch = app?.Branch ?? definition.Repository.DefaultBranch;
        if (Named(pipeline, proposal, deploy.Commit, branch) is not { } named) return Decision.Refuse("branch-missing", $"Branch '{branch}' has not been seen in {definition.Repository.Url}.");
        if (ReviewAdmission.Vouched(pipeline.Declared, pipeline.Approved, named) is not { } revision)
            return Decision.Refuse("not-approved", $"Nobody vouches for {named.Sha.Short} ({HostileText.Shown(named.Ref)}): a maintainer must approve exactly this commit first.");

        var draft = new Draft(this, pipeline);
        // The review app of a proposal that has none: asking for it and for its head is the same.
        if (proposal is { App: null })
        {
            var key = proposal.Proposal.Key;
            draft.Happens(new ReviewAppWanted(key, null, deploy.By));
            Settle(draft, now);
            if (draft.State.Proposals[key] is { App: null } waiting) return Decision.Refuse("review-app-waits", new ReviewReasons(draft.State).Of(waiting) ?? "It cannot have an app now.");
            if (deploy.Commit is null || deploy.Commit == proposal.Proposal.Head.Sha) return draft.Done().Reply(Answer.Ok());
        }
        draft.Happens(new DeployAsked(deploy.App, revision.Sha, draft.NextOrder, deploy.By));
        if (proposal is not null) draft.Happens(new ReviewAppUsed(proposal.Proposal.Key, now));
        draft.Send(AppDecider.StreamOf(deploy.App), new HeadObserved(draft.State.Order, revision, deploy.By, new(definition.Name, proposal?.Proposal.Key)));
        return draft.Done().Reply(Answer.Ok());
    }

    /// <summary>
    /// What somebody asks for. A commit that they name is vouched for by them, unless a stranger brought it: it is an untrusted proposal's, or was once approved as
    /// one, or goes to the app of one.
    /// </summary>
    private static Revision? Named(PipelineState pipeline, ObservedProposal? proposal, CommitSha? commit, string branch)
    {
        if (commit is null) return proposal?.Proposal.Head ?? (pipeline.Branches.TryGetValue(branch, out var head) ? new() { Sha = head.Commit, Ref = $"refs/heads/{branch}", Trust = Trust.Trusted } : null);
        if (pipeline.Proposals.Values.Where(p => p.Proposal.Head.Sha == commit).MinBy(p => p.Proposal.Head.Trust) is { } named) return named.Proposal.Head;
        var ours = pipeline.Branches.Values.Any(b => b.Commit == commit);
        var strange = !ours && (pipeline.Approved.Contains(commit.Value) || proposal is { Proposal.Head.Trust: not Trust.Trusted });
        return new() { Sha = commit.Value, Ref = strange ? proposal?.Proposal.Head.Ref ?? "an approved commit" : $"refs/heads/{branch}", Trust = strange ? Trust.Untrusted : Trust.Trusted };
    }
}
