using Flow.Apps;
using Flow.Engine;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Pipelines;

/// <summary>What follows from a complete listing of the repository.</summary>
internal sealed partial class PipelineDecider
{
    /// <summary>A plain git host says nothing of closed proposals: it must be missing from two complete listings.</summary>
    private const int MissingIsClosed = 2;

    private static Decision See(PipelineState pipeline, SourceListing listing)
    {
        var declared = pipeline.Declared!;
        var definition = declared.Definition;
        var order = pipeline.Order;
        var decision = Decision.Nothing;
        var complete = listing.Branches.ContainsKey(definition.Repository.DefaultBranch);

        foreach (var (branch, commit) in listing.Branches.Where(b => pipeline.Branches.GetValueOrDefault(b.Key)?.Commit != b.Value).OrderBy(b => b.Key, StringComparer.Ordinal))
        {
            // Only watched branches are history; a repository may have thousands of others.
            if (definition.Apps.All(a => a.Branch != branch) && branch != definition.Repository.DefaultBranch) continue;
            decision = decision.And(new HeadMoved(branch, commit, ++order));
            foreach (var app in definition.Apps.Where(a => a.Branch == branch))
                decision = decision.Send(AppDecider.StreamOf(app.Name), Head(definition, order, $"refs/heads/{branch}", commit));
        }
        // A listing without the default branch is no evidence that anything is gone.
        foreach (var branch in pipeline.Branches.Keys.Where(b => complete && !listing.Branches.ContainsKey(b)).Order(StringComparer.Ordinal)) decision = decision.And(new BranchGone(branch));
        foreach (var app in definition.Apps.Where(a => a.Branch is not null))
            decision = Mind(pipeline, decision, $"app {app.Name}", listing.Branches.ContainsKey(app.Branch!)
                ? null : $"Branch '{app.Branch}' is not in {definition.Repository.Url}; it has {Some(listing.Branches.Keys)}. Push it, or correct the app's Branch.");

        foreach (var proposal in listing.Proposals.Where(p => !p.Closed && definition.ReviewApps is not null).DistinctBy(p => p.Key)) (decision, order) = Open(pipeline, declared, proposal, decision, order);
        return Close(pipeline, listing, complete, decision);
    }

    private static (Decision Decision, long Order) Open(PipelineState pipeline, ResolvedPipeline declared, Proposal proposal, Decision decision, long order)
    {
        var known = pipeline.Proposals.GetValueOrDefault(proposal.Key);
        var moved = known is null || known.Proposal.Head.Sha != proposal.Head.Sha;
        if (moved) decision = decision.And(new ProposalSeen(proposal, ++order));
        else if (known!.Missing > 0) decision = decision.And(new ProposalMissing(proposal.Key, 0));

        var place = $"proposal {proposal.Key}";
        var approved = pipeline.Approved.Contains(proposal.Head.Sha);
        if (proposal.Head.Trust == Trust.Untrusted && !(declared.IsolatesUntrusted && approved))
            return (Mind(pipeline, decision, place, declared.IsolatesUntrusted
                ? $"Nobody vouches for {proposal.Head.Sha.Short} ({proposal.Head.Ref}): a maintainer must approve exactly this commit before it gets a review app."
                : $"Nobody vouches for {proposal.Head.Sha.Short} ({proposal.Head.Ref}), and builder '{declared.Definition.Builder}' or runtime '{declared.Definition.Runtime}' does not isolate such code: it gets no review app. "
                    + "Set TrustPullRequestRefs if everybody who can propose may also push, or use providers that isolate."), order);
        decision = Mind(pipeline, decision, place, null);
        if (known?.App is null && declared.Definition.ReviewApps!.Create != ReviewAppCreation.Automatic) return (decision, order);
        var seen = moved ? order : known!.Order;
        if (known?.Told == seen) return (decision, order);
        if (!TryName(declared.Definition, proposal, out var name, out var problem)) return (Mind(pipeline, decision, place, problem), order);
        if (known?.App is null) decision = decision.Send(AppDecider.StreamOf(name), new DefineApp(Policies.OfReview(declared, proposal), seen));
        return (decision.And(new ReviewAppTold(proposal.Key, name, seen)).Send(AppDecider.StreamOf(name), new HeadObserved(seen, proposal.Head, Owner: new(declared.Definition.Name, proposal.Key))), order);
    }

    private static bool TryName(PipelineDefinition definition, Proposal proposal, out AppName name, out string problem)
    {
        problem = $"'{definition.Name}-{proposal.Key}' is no name for an app: it would be longer than 63 characters.";
        if (!AppName.TryParse($"{definition.Name}-{proposal.Key}", null, out name)) return false;
        var taken = name;
        problem = $"'{name}' is the name of a permanent app of this pipeline: the proposal gets no review app under it.";
        return definition.Apps.All(a => a.Name != taken);
    }

    /// <summary>Positive evidence only: the host says so, or two complete listings that hold the default branch lack it; and a brake stops mass deletion.</summary>
    private static Decision Close(PipelineState pipeline, SourceListing listing, bool complete, Decision decision)
    {
        var listed = listing.Proposals.ToLookup(p => p.Key);
        var vanished = new List<string>();
        foreach (var (key, known) in pipeline.Proposals.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (listed.Contains(key))
            {
                if (listed[key].All(p => p.Closed)) decision = Gone(pipeline, decision, key, known, "its host says that it is closed");
            }
            else if (complete && known.Missing + 1 < MissingIsClosed) decision = decision.And(new ProposalMissing(key, known.Missing + 1));
            else if (complete) vanished.Add(key);
        }
        if (!complete) return decision;
        // A confirmation is for what somebody has seen missing, and for nothing that vanished since.
        var confirmed = vanished.Where(pipeline.ConfirmedClosings.Contains).ToList();
        decision = confirmed.Aggregate(decision, (told, key) => Gone(pipeline, told, key, pipeline.Proposals[key], $"missing from {MissingIsClosed} complete listings, and confirmed"));
        var limit = pipeline.Declared!.Definition.MaxClosingsAtOnce;
        var others = vanished.Except(confirmed).ToList();
        // Pulled, it stays so until somebody confirms or all are back: some that come back make the others no more credible.
        if (others.Count > 0 && (pipeline.Brake is not null || vanished.Count > limit))
            return pipeline.Brake is not null && others.SequenceEqual(pipeline.BrakeHolds) ? decision : decision.And(new BrakePulled(Doubt(others, limit), others));
        decision = others.Aggregate(decision, (told, key) => Gone(pipeline, told, key, pipeline.Proposals[key], $"missing from {MissingIsClosed} complete listings"));
        return pipeline is { Brake: null, ConfirmedClosings.Count: 0 } ? decision : decision.And(new BrakePulled("", []));
    }

    private static string Doubt(List<string> missing, int limit) =>
        $"More than {limit} proposals vanished at once; {missing.Count} are missing ({Some(missing)}): nothing is torn down until somebody confirms.";

    private static Decision Gone(PipelineState pipeline, Decision decision, string key, ObservedProposal known, string evidence)
    {
        decision = decision.And(new ProposalClosed(key, evidence));
        return known.App is { } app ? decision.Send(AppDecider.StreamOf(app), new DestroyApp($"proposal {key}: {evidence}", "Flow", new(pipeline.Declared!.Definition.Name, key), pipeline.Order)) : decision;
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
    private static Decision Mind(PipelineState pipeline, Decision decision, string place, string? problem) =>
        pipeline.Problems.GetValueOrDefault(place) == problem ? decision : decision.And(new ProblemSeen(place, problem));

    private static string Some(IEnumerable<string> names)
    {
        var all = names.Order(StringComparer.Ordinal).Select(Names.Shown).ToList();
        return all.Count == 0 ? "none" : string.Join(", ", all.Take(5)) + (all.Count > 5 ? $" and {all.Count - 5} more" : "");
    }
}
