using Flow.Engine;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Pipelines;

/// <summary>Review apps of branches without a proposal: what is wanted is kept, and seen as a proposal as long as the branch is there.</summary>
internal sealed partial class PipelineDecider
{
    private const int MostWantedBranches = 1_000;
    private const int LongestTitle = 200;

    private Decision Want(PipelineState pipeline, WantBranchApp want, DateTimeOffset now)
    {
        if (Off(pipeline) is { } off) return off;
        var key = BranchKey.In(pipeline, want.Branch);
        if (Renamed(pipeline, key, want.App) is { } renamed) return renamed;
        // A branch that counts as a proposal has an app of its own already, or waits for one.
        if (pipeline.Proposals.TryGetValue(key, out var known) && known.Proposal.Head.Ref == $"refs/heads/{want.Branch}")
            return Wanted(pipeline, key, known.App is null ? want.Config : null, want.By, now, Answer.Ok(remark: key));
        if (pipeline.WantedBranches.TryGetValue(key, out var wanted) && wanted.Branch == want.Branch) return Decision.Nothing.Reply(Answer.Ok(remark: key));
        if (wanted is not null || pipeline.Proposals.ContainsKey(key)) return Decision.Refuse("key-taken", $"'{key}' is the key of something else.");
        if (pipeline.WantedBranches.Count >= MostWantedBranches) return Decision.Refuse("too-many-branches", $"{MostWantedBranches:N0} branches are wanted already: destroy some of their apps.");
        return Decision.Of(new BranchWanted(key, new(want.Branch, want.By, now, want.Config))).And(Hint(pipeline)).Reply(Answer.Ok(remark: key));
    }

    /// <summary>Wanted branches that the listing has. One that was never seen is given up like a proposal that is missing; one that was is closed like it.</summary>
    private static List<Proposal> BranchesAsProposals(Draft draft, SourceListing listing, bool complete)
    {
        List<Proposal> found = [];
        foreach (var (key, wanted) in draft.State.WantedBranches.OrderBy(b => b.Key, StringComparer.Ordinal))
        {
            if (listing.Branches.TryGetValue(wanted.Branch, out var head))
            {
                var title = HostileText.Cut(wanted.Branch, LongestTitle);
                found.Add(new() { Key = key, Head = new() { Sha = head, Ref = $"refs/heads/{wanted.Branch}", Trust = Trust.Trusted }, Title = title, Branch = title });
            }
            else if (complete && !draft.State.Proposals.ContainsKey(key))
            {
                if (wanted.Missing + 1 < MissingIsClosed) draft.Happens(new BranchUnseen(key, wanted.Missing + 1));
                else draft.Happens(new BranchUnwanted(key, $"branch '{HostileText.Shown(wanted.Branch)}' is missing from {MissingIsClosed} complete listings"));
            }
        }
        return found;
    }
}
