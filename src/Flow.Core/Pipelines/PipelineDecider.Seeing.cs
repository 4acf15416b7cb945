using Flow.Apps;
using Flow.Engine;
using Flow.Sources;

namespace Flow.Pipelines;

/// <summary>What follows from a complete listing of the repository.</summary>
internal sealed partial class PipelineDecider
{
    /// <summary>A plain git host says nothing of closed proposals: it must be missing from two complete listings.</summary>
    private const int MissingIsClosed = 2;

    private Decision See(PipelineState pipeline, SourceListing listing, DateTimeOffset now)
    {
        var draft = new Draft(this, pipeline);
        var definition = draft.Definition;
        var complete = listing.Branches.ContainsKey(definition.Repository.DefaultBranch);

        foreach (var (branch, commit) in listing.Branches.Where(b => pipeline.Branches.GetValueOrDefault(b.Key)?.Commit != b.Value).OrderBy(b => b.Key, StringComparer.Ordinal))
        {
            // Only watched branches are history; a repository may have thousands of others.
            if (definition.Apps.All(a => a.Branch != branch) && branch != definition.Repository.DefaultBranch) continue;
            draft.Happens(new HeadMoved(branch, commit, draft.NextOrder));
            foreach (var app in definition.Apps.Where(a => a.Branch == branch))
                draft.Send(AppDecider.StreamOf(app.Name), Head(definition, draft.State.Order, $"refs/heads/{branch}", commit));
        }
        // A listing without the default branch is no evidence that anything is gone.
        foreach (var branch in pipeline.Branches.Keys.Where(b => complete && !listing.Branches.ContainsKey(b)).Order(StringComparer.Ordinal)) draft.Happens(new BranchGone(branch));
        foreach (var app in definition.Apps.Where(a => a.Branch is not null))
            Mind(draft, $"app {app.Name}", listing.Branches.ContainsKey(app.Branch!)
                ? null : $"Branch '{app.Branch}' is not in {definition.Repository.Url}; it has {Names.Some(listing.Branches.Keys)}. Push it, or correct the app's Branch.");

        // A wanted branch counts as a proposal, unless a proposal has its key.
        var listed = listing.Proposals.Concat(BranchesAsProposals(draft, listing, complete)).ToList();
        foreach (var proposal in listed.Where(p => !p.Closed && definition.ReviewApps is not null).DistinctBy(p => p.Key)) Observe(draft, proposal);
        Close(draft, listed, complete, now);
        Settle(draft, now);
        return draft.Done();
    }

    private static void Observe(Draft draft, Proposal proposal)
    {
        var known = draft.State.Proposals.GetValueOrDefault(proposal.Key);
        if (known is null || known.Proposal.Head.Sha != proposal.Head.Sha) draft.Happens(new ProposalSeen(proposal, draft.NextOrder));
        else if (!AreSame(known.Proposal, proposal)) draft.Happens(new ProposalChanged(proposal));
        else if (known.Missing > 0) draft.Happens(new ProposalMissing(proposal.Key, 0));
        // What its app knows of it.
        if (known?.App is { } app && (known.Proposal.Number, known.Proposal.Branch) != (proposal.Number, proposal.Branch))
            draft.Send(AppDecider.StreamOf(app), new DefineApp(Policies.OfReview(draft.State, proposal), draft.State.Order, Version: draft.State.Policies));
    }

    /// <summary>Labels are a set: in which order a host lists them says nothing.</summary>
    private static bool AreSame(Proposal one, Proposal other) =>
        one with { Labels = null } == other with { Labels = null }
        && (one.Labels is null || other.Labels is null ? one.Labels is null && other.Labels is null : one.Labels.ToHashSet(StringComparer.Ordinal).SetEquals(other.Labels));

    /// <summary>Positive evidence only: the host says so, or two complete listings that hold the default branch lack it; and a brake stops mass deletion.</summary>
    private static void Close(Draft draft, List<Proposal> proposals, bool complete, DateTimeOffset now)
    {
        var pipeline = draft.State;
        var listed = proposals.ToLookup(p => p.Key);
        var vanished = new List<string>();
        foreach (var (key, known) in pipeline.Proposals.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (listed.Contains(key))
            {
                if (listed[key].All(p => p.Closed)) Gone(draft, key, "its host says that it is closed", now);
            }
            else if (complete && known.Missing + 1 < MissingIsClosed) draft.Happens(new ProposalMissing(key, known.Missing + 1));
            else if (complete) vanished.Add(key);
        }
        if (!complete) return;
        // A confirmation is for what somebody has seen missing, and for nothing that vanished since.
        var confirmed = vanished.Where(pipeline.ConfirmedClosings.ToHashSet().Contains).ToList();
        foreach (var key in confirmed) Gone(draft, key, $"missing from {MissingIsClosed} complete listings, and confirmed", now);
        var limit = draft.Definition.MaxClosingsAtOnce;
        var others = vanished.Except(confirmed).ToList();
        // Pulled, it stays so until somebody confirms or all are back: some that come back make the others no more credible.
        if (others.Count > 0 && (pipeline.Brake is not null || vanished.Count > limit))
        {
            if (pipeline.Brake is null || !others.SequenceEqual(pipeline.BrakeHolds)) draft.Happens(new BrakePulled(Doubt(others, limit), others));
            return;
        }
        foreach (var key in others) Gone(draft, key, $"missing from {MissingIsClosed} complete listings", now);
        if (pipeline is not { Brake: null, ConfirmedClosings.Count: 0 }) draft.Happens(new BrakePulled("", []));
    }

    private static string Doubt(List<string> missing, int limit) =>
        $"More than {limit} proposals vanished at once; {missing.Count} are missing ({Names.Some(missing)}): nothing is torn down until somebody confirms.";

    private static void Gone(Draft draft, string key, string evidence, DateTimeOffset now, string by = "Flow")
    {
        TearDown(draft, key, evidence, by, now);
        draft.Happens(new ProposalClosed(key, evidence));
    }

    private static Decision Approve(StreamId self, PipelineState pipeline, ApproveCommit approve)
    {
        var definition = pipeline.Declared!.Definition;
        if (!pipeline.Declared.IsolatesUntrusted)
            return Decision.Refuse("not-isolated", $"Builder '{definition.Builder}' or runtime '{definition.Runtime}' does not isolate code that nobody vouches for; an approval cannot change that.");
        if (pipeline.Proposals.Values.All(p => p.Proposal.Head.Sha != approve.Commit)) return Decision.Refuse("proposal-unknown", $"No open proposal of {self.Key} has {approve.Commit} as its head.");
        return Decision.Of(new CommitApproved(approve.Commit, approve.By)).And(pipeline.LookDue ? [] : [new LookWanted()]).Reply(Answer.Ok());
    }

    /// <summary>Problems are on record when they come and when they go, not at every look.</summary>
    private static void Mind(Draft draft, string place, string? problem)
    {
        if (draft.State.Problems.GetValueOrDefault(place) != problem) draft.Happens(new ProblemSeen(place, problem));
    }
}
