using Flow.Apps;
using Flow.Engine;
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
        LookNow => pipeline switch { { LookDue: false } => Decision.Of(new LookWanted()), { LookAgain: false } => Decision.Of(new HintedWhileLooking()), _ => Decision.Nothing },
        Looked looked when looked.Look == pipeline.Look && pipeline.LookDue => Rearm(self, pipeline, See(pipeline, looked.Listing).And(new LookEnded(true)), pipeline.Declared.Definition.LookInterval).And(pipeline.LookAgain ? [new LookWanted()] : []),
        LookFailed failed when failed.Look == pipeline.Look && pipeline.LookDue => Fail(self, pipeline, failed.Failure, now),
        ReportCheck report => Report(pipeline, report),
        DeployHead deploy => Deploy(pipeline, deploy),
        ApproveCommit approve => Approve(self, pipeline, approve),
        ConfirmClosings confirm => pipeline.Brake is null
            ? Decision.Nothing.Reply(Answer.Ok(remark: "Nothing waits for confirmation."))
            : Decision.Of(new ClosingsConfirmed(confirm.By, pipeline.BrakeHolds)).And(pipeline.LookDue ? [] : [new LookWanted()]),
        _ => Decision.Nothing,
    };

    private static Decision Declare(PipelineState pipeline, ResolvedPipeline declared)
    {
        var look = pipeline.LookDue ? Decision.Nothing : Decision.Of(new LookWanted());
        if (pipeline.Declared?.Fingerprint == declared.Fingerprint) return look.Reply(Answer.Ok());
        var decision = Decision.Of(new PipelineDeclared(declared)).And(look);
        var order = pipeline.Order;
        foreach (var app in declared.Definition.Apps)
        {
            decision = decision.Send(AppDecider.StreamOf(app.Name), new DefineApp(Policies.Of(declared, app), pipeline.Order + 1));
            if (app.Branch is not { } branch || !pipeline.Branches.TryGetValue(branch, out var head)) continue;
            // Another branch is news for this app, however long ago its head was observed.
            var before = pipeline.Declared?.Definition.Apps.FirstOrDefault(a => a.Name == app.Name);
            if (before?.Branch != branch) decision = decision.And(new HeadMoved(branch, head.Commit, ++order));
            decision = decision.Send(AppDecider.StreamOf(app.Name), Head(declared.Definition, before?.Branch != branch ? order : head.Order, $"refs/heads/{branch}", head.Commit));
        }
        foreach (var proposal in pipeline.Proposals.Values.Where(p => p.App is not null && declared.Definition.ReviewApps is not null))
        {
            decision = decision.Send(AppDecider.StreamOf(proposal.App!.Value), new DefineApp(Policies.OfReview(declared, proposal.Proposal), order));
            if (proposal.Told == proposal.Order) decision = decision.Send(AppDecider.StreamOf(proposal.App.Value), new HeadObserved(proposal.Order, proposal.Proposal.Head, Owner: new(declared.Definition.Name, proposal.Proposal.Key)));
        }
        foreach (var gone in pipeline.Problems.Keys.Where(p => p.StartsWith("app ", StringComparison.Ordinal) && declared.Definition.Apps.All(a => $"app {a.Name}" != p)))
            decision = decision.And(new ProblemSeen(gone, null));
        return decision.Reply(Answer.Ok());
    }

    private static HeadObserved Head(PipelineDefinition definition, long order, string reference, CommitSha commit) =>
        new(order, new() { Sha = commit, Ref = reference, Trust = Trust.Trusted }, Owner: new(definition.Name, null));

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
        var decision = Decision.Of(new CheckReported(report.Commit, report.Check));
        var apps = pipeline.Declared!.Definition.Apps.Select(a => a.Name).Concat(pipeline.Proposals.Values.Where(p => p.App is not null).Select(p => p.App!.Value));
        return apps.Aggregate(decision, (told, app) => told.Send(AppDecider.StreamOf(app), new ChecksChanged(report.Commit))).Reply(Answer.Ok());
    }

    private static Decision Deploy(PipelineState pipeline, DeployHead deploy)
    {
        var definition = pipeline.Declared!.Definition;
        var app = definition.Apps.FirstOrDefault(a => a.Name == deploy.App);
        var proposal = pipeline.Proposals.Values.FirstOrDefault(p => p.App == deploy.App)
            ?? pipeline.Proposals.Values.FirstOrDefault(p => p.App is null && definition.ReviewApps is not null && TryName(definition, p.Proposal, out var name, out _) && name == deploy.App);
        if (app is null && proposal is null) return Decision.Refuse("app-unknown", $"Pipeline {definition.Name} has no app {deploy.App}.");
        var branch = app?.Branch ?? definition.Repository.DefaultBranch;
        if (proposal is null && deploy.Commit is null && !pipeline.Branches.ContainsKey(branch)) return Decision.Refuse("branch-missing", $"Branch '{branch}' has not been seen in {definition.Repository.Url}.");
        var order = pipeline.Order + 1;
        // A commit that somebody names by hand is vouched for by them, unless it is an untrusted proposal's: that needs an approval of exactly this commit.
        var named = deploy.Commit is null ? proposal : pipeline.Proposals.Values.Where(p => p.Proposal.Head.Sha == deploy.Commit).OrderBy(p => p.Proposal.Head.Trust).FirstOrDefault();
        if (named?.Proposal.Head is { Trust: Trust.Untrusted } head && !(pipeline.Declared.IsolatesUntrusted && pipeline.Approved.Contains(head.Sha)))
            return Decision.Refuse("not-approved", $"Nobody vouches for {head.Sha.Short} ({head.Ref}): a maintainer must approve exactly this commit first.");
        var revision = named is not null
            ? named.Proposal.Head
            : new Revision { Sha = deploy.Commit ?? pipeline.Branches[branch].Commit, Ref = $"refs/heads/{branch}", Trust = Trust.Trusted };
        var asked = Decision.Of(new DeployAsked(deploy.App, revision.Sha, order, deploy.By));
        // The review app of a proposal that gets none by itself.
        if (proposal is { App: null }) asked = asked.And(new ReviewAppTold(proposal.Proposal.Key, deploy.App, proposal.Order)).Send(AppDecider.StreamOf(deploy.App), new DefineApp(Policies.OfReview(pipeline.Declared, proposal.Proposal)));
        return asked.Send(AppDecider.StreamOf(deploy.App), new HeadObserved(order, revision, deploy.By, new(definition.Name, proposal?.Proposal.Key)))
            .Reply(Answer.Ok());
    }
}
