using System.Collections.Immutable;
using Flow.Sources;

namespace Flow.Pipelines;

internal sealed partial class PipelineDecider
{
    public override PipelineState Evolve(PipelineState pipeline, PipelineEvent happened) => happened switch
    {
        PipelineDeclared declared => Unwarned(pipeline, declared) with { Declared = declared.Pipeline, Policies = pipeline.Policies + 1 },
        LookWanted => pipeline with { LookDue = true, LookAgain = false, Look = pipeline.Look + 1 },
        HintedWhileLooking => pipeline with { LookAgain = true },
        LookEnded ended => pipeline with { LookDue = false, Trouble = ended.Saw ? null : pipeline.Trouble },
        LookTroubled troubled => pipeline with { Trouble = troubled.Trouble },
        HeadMoved moved => pipeline with { Branches = Sorted(pipeline.Branches).SetItem(moved.Branch, new(moved.Commit, moved.Order)), Order = moved.Order },
        BranchGone gone => pipeline with { Branches = Sorted(pipeline.Branches).Remove(gone.Branch) },
        ProposalSeen seen => Change(pipeline, seen.Proposal.Key, p => p is null ? Opened(pipeline, seen) : p with { Proposal = seen.Proposal, Order = seen.Order, Missing = 0 }) with { Order = seen.Order },
        ProposalChanged changed => Change(pipeline, changed.Proposal.Key, p => p! with { Proposal = changed.Proposal, Missing = 0 }),
        ProposalMissing missing => Change(pipeline, missing.Key, p => p! with { Missing = missing.Times }),
        ProposalClosed closed => pipeline with
        {
            Proposals = Sorted(pipeline.Proposals).Remove(closed.Key),
            Problems = Sorted(pipeline.Problems).Remove($"proposal {closed.Key}"),
            WantedBranches = Without(pipeline.WantedBranches, closed.Key),
        },
        DeployAsked asked => pipeline with { Order = asked.Order },
        CommitApproved approved => pipeline with { Approved = With(pipeline, approved.Commit) },
        CheckReported report => pipeline with { Checks = With(pipeline, report) },
        ProblemSeen problem => pipeline with { Problems = problem.Text is null ? Sorted(pipeline.Problems).Remove(problem.Place) : Sorted(pipeline.Problems).SetItem(problem.Place, problem.Text) },
        BrakePulled brake => pipeline with { Brake = brake.Reason.Length == 0 ? null : brake.Reason, BrakeHolds = brake.Holds, ConfirmedClosings = [] },
        ClosingsConfirmed confirmed => pipeline with { Brake = null, BrakeHolds = [], ConfirmedClosings = confirmed.Keys },
        StageConfigChanged { Stage: Stage.Review } changed => pipeline with { ReviewConfig = changed.Config, Policies = pipeline.Policies + 1 },
        StageConfigChanged changed => pipeline with { TestConfig = changed.Config },
        StageConfigRewrapped rewrapped => Rewrap(pipeline, rewrapped.Ciphertexts) with { Policies = pipeline.Policies + 1 },
        _ => EvolveReviews(pipeline, happened),
    };

    private static PipelineState EvolveReviews(PipelineState pipeline, PipelineEvent happened) => happened switch
    {
        ReviewAppTold told => Change(pipeline, told.Key, p => p! with { App = told.App, Told = told.Order, Away = null, ActiveAt = told.At ?? p.ActiveAt, WarnedAt = null }),
        ReviewAppWaits waits => Change(pipeline, waits.Key, p => p! with { Waits = waits.For, WaitsSince = waits.For is null ? null : waits.At }),
        ReviewAppWanted wanted => Change(pipeline, wanted.Key, p => p! with { Wanted = wanted.By, Config = wanted.Config ?? p.Config, ConfigFor = wanted.Config is null ? p.ConfigFor : NameIn(pipeline, wanted.Key), Away = null }),
        ReviewAppLeaving { Teardown: var gone } => (pipeline.Proposals.ContainsKey(gone.Key)
            ? Change(pipeline, gone.Key, p => p! with { App = null, Told = 0, GoneAt = pipeline.Order, ActiveAt = null, WarnedAt = null }) : pipeline)
            with { Teardowns = Sorted(pipeline.Teardowns).SetItem(gone.App.ToString(), gone) },
        ReviewAppPutAway { Away.For: ReviewApps.ReviewAppAbsence.Dismissed } put => Change(pipeline, put.Key, p => p! with { Away = put.Away, Wanted = null, Config = null, Pinned = null }),
        ReviewAppPutAway put => Change(pipeline, put.Key, p => p! with { Away = put.Away }),
        ReviewAppEnded ended => pipeline with { Teardowns = Sorted(pipeline.Teardowns).Remove(ended.App.ToString()) },
        ReviewAppPinned pinned => Change(pipeline, pinned.Key, p => p! with { Pinned = pinned.By, WarnedAt = null }),
        ReviewAppUsed used => Change(pipeline, used.Key, p => p! with { ActiveAt = used.At, WarnedAt = null }),
        ReviewAppWarned warned => Change(pipeline, warned.Key, p => p! with { WarnedAt = warned.At }),
        BranchWanted wanted => pipeline with { WantedBranches = Sorted(pipeline.WantedBranches).SetItem(wanted.Key, wanted.Branch with { ConfigFor = wanted.Branch.Config is null ? null : NameIn(pipeline, wanted.Key) }) },
        BranchUnseen unseen => pipeline with { WantedBranches = Sorted(pipeline.WantedBranches).SetItem(unseen.Key, pipeline.WantedBranches[unseen.Key] with { Missing = unseen.Times }) },
        BranchUnwanted unwanted => pipeline with { WantedBranches = Without(pipeline.WantedBranches, unwanted.Key) },
        _ => throw new InvalidOperationException($"A pipeline knows no {happened.GetType().Name}."),
    };

    private static ObservedProposal Opened(PipelineState pipeline, ProposalSeen seen)
    {
        var wanted = pipeline.WantedBranches.GetValueOrDefault(seen.Proposal.Key);
        return new(seen.Proposal, seen.Order) { Opened = seen.Order, Wanted = wanted?.By, Config = wanted?.Config, ConfigFor = wanted?.ConfigFor };
    }

    private static AppName? NameIn(PipelineState pipeline, string key) => ReviewApps.ReviewAdmission.TryName(pipeline.Declared!.Definition, key, out var name, out _) ? name : null;

    /// <summary>Free when it is one already: only the first fact after reading a snapshot pays for the conversion.</summary>
    private static ImmutableSortedDictionary<string, T> Sorted<T>(IReadOnlyDictionary<string, T> map) => map.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static IReadOnlyDictionary<string, T> Without<T>(IReadOnlyDictionary<string, T> map, string key) => map.ContainsKey(key) ? Sorted(map).Remove(key) : map;

    private static PipelineState Change(PipelineState pipeline, string key, Func<ObservedProposal?, ObservedProposal> change)
    {
        var proposals = Sorted(pipeline.Proposals);
        return pipeline with { Proposals = proposals.SetItem(key, change(proposals.GetValueOrDefault(key))) };
    }

    /// <summary>Other rules of being unused: what was said under the old ones does not count.</summary>
    private static PipelineState Unwarned(PipelineState pipeline, PipelineDeclared declared)
    {
        var (before, after) = (pipeline.Declared?.Definition.ReviewApps, declared.Pipeline.Definition.ReviewApps);
        return before?.StaleAfter == after?.StaleAfter && before?.StaleWarning == after?.StaleWarning ? pipeline
            : pipeline.Proposals.Where(p => p.Value.WarnedAt is not null).Aggregate(pipeline, (told, p) => Change(told, p.Key, known => known! with { WarnedAt = null }));
    }

    /// <summary>The newest are kept, and those of every open proposal: nobody has to approve the same commit twice.</summary>
    private static List<CommitSha> With(PipelineState pipeline, CommitSha approved)
    {
        var heads = pipeline.Proposals.Values.Select(p => p.Proposal.Head.Sha).ToHashSet();
        var known = pipeline.Approved.Where(c => c != approved).ToList();
        var spare = known.Count - (ApprovedKept - 1);
        return [.. known.Where(c => heads.Contains(c) || --spare < 0), approved];
    }

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
