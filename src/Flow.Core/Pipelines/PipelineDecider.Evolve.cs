using System.Collections.Immutable;
using Flow.Sources;

namespace Flow.Pipelines;

internal sealed partial class PipelineDecider
{
    public override PipelineState Evolve(PipelineState pipeline, PipelineEvent happened) => happened switch
    {
        PipelineDeclared declared => pipeline with { Declared = declared.Pipeline },
        LookWanted => pipeline with { LookDue = true, LookAgain = false, Look = pipeline.Look + 1 },
        HintedWhileLooking => pipeline with { LookAgain = true },
        LookEnded ended => pipeline with { LookDue = false, Trouble = ended.Saw ? null : pipeline.Trouble },
        LookTroubled troubled => pipeline with { Trouble = troubled.Trouble },
        HeadMoved moved => pipeline with { Branches = pipeline.Branches.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItem(moved.Branch, new(moved.Commit, moved.Order)), Order = moved.Order },
        BranchGone gone => pipeline with { Branches = pipeline.Branches.ToImmutableSortedDictionary(StringComparer.Ordinal).Remove(gone.Branch) },
        ProposalSeen seen => pipeline with { Proposals = Change(pipeline, seen.Proposal.Key, p => new(seen.Proposal, seen.Order, 0, p?.App, p?.Told ?? 0)), Order = seen.Order },
        ProposalMissing missing => pipeline with { Proposals = Change(pipeline, missing.Key, p => p! with { Missing = missing.Times }) },
        ProposalClosed closed => pipeline with { Proposals = pipeline.Proposals.ToImmutableSortedDictionary(StringComparer.Ordinal).Remove(closed.Key), Problems = pipeline.Problems.ToImmutableSortedDictionary(StringComparer.Ordinal).Remove($"proposal {closed.Key}") },
        ReviewAppTold told => pipeline with { Proposals = Change(pipeline, told.Key, p => p! with { App = told.App, Told = told.Order }) },
        DeployAsked asked => pipeline with { Order = asked.Order },
        CommitApproved approved => pipeline with { Approved = [.. pipeline.Approved.TakeLast(ApprovedKept - 1), approved.Commit] },
        CheckReported report => pipeline with { Checks = With(pipeline, report) },
        ProblemSeen problem => pipeline with
        {
            Problems = problem.Text is null ? pipeline.Problems.ToImmutableSortedDictionary(StringComparer.Ordinal).Remove(problem.Place) : pipeline.Problems.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItem(problem.Place, problem.Text),
        },
        BrakePulled brake => pipeline with { Brake = brake.Reason.Length == 0 ? null : brake.Reason, BrakeHolds = brake.Holds, ConfirmedClosings = [] },
        ClosingsConfirmed confirmed => pipeline with { Brake = null, BrakeHolds = [], ConfirmedClosings = confirmed.Keys },
        _ => throw new InvalidOperationException($"A pipeline knows no {happened.GetType().Name}."),
    };

    private static ImmutableSortedDictionary<string, ObservedProposal> Change(PipelineState pipeline, string key, Func<ObservedProposal?, ObservedProposal> change) =>
        pipeline.Proposals.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItem(key, change(pipeline.Proposals.GetValueOrDefault(key)));

    /// <summary>The newest commits are kept, and every head: forgotten checks would look like checks that nobody has reported.</summary>
    private static List<CommitChecks> With(PipelineState pipeline, CheckReported report)
    {
        var heads = pipeline.Branches.Values.Select(b => b.Commit).Concat(pipeline.Proposals.Values.Select(p => p.Proposal.Head.Sha)).ToHashSet();
        var others = pipeline.Checks.Where(c => c.Commit != report.Commit).ToList();
        for (var at = 0; others.Count >= CommitsWithChecks && at < others.Count;)
            if (heads.Contains(others[at].Commit)) at++;
            else others.RemoveAt(at);
        return [.. others, new(report.Commit, [.. pipeline.ChecksOf(report.Commit).Where(c => c.Name != report.Check.Name), report.Check])];
    }
}
