using Flow.Pipelines;
using Flow.Sources;

namespace Flow.Testing.Simulation.Planting;

/// <summary>What a pipeline concludes from what it sees.</summary>
internal sealed partial class PlantedFault
{
    public static readonly PlantedFault OutageLooksEmpty = new("outage-looks-empty", "A failed look counts as a listing that is complete and has no proposals.",
        "The source host is down for a minute, and every review app is torn down with its data.")
    {
        Pipeline = new()
        {
            Hears = (pipeline, input) => input is LookFailed failed && Head(pipeline) is { } main
                ? (pipeline, new Looked(failed.Look, new() { Branches = new Dictionary<string, CommitSha> { [Default(pipeline)] = main }, Proposals = [] })) : (pipeline, input),
        },
    };

    public static readonly PlantedFault IncompleteIsEvidence = new("incomplete-is-evidence", "A listing without the default branch counts as complete.", "A host that answers with half of what it has gets the other half deleted.")
    {
        Pipeline = new()
        {
            Hears = (pipeline, input) => input is Looked looked && Head(pipeline) is { } main && !looked.Listing.Branches.ContainsKey(Default(pipeline))
                ? (pipeline, looked with { Listing = looked.Listing with { Branches = new Dictionary<string, CommitSha>(looked.Listing.Branches) { [Default(pipeline)] = main } } }) : (pipeline, input),
        },
    };

    public static readonly PlantedFault MissingOnceIsClosed = new("missing-once-is-closed", "A proposal that is missing from one listing counts as closed.", "One listing that was read in the wrong moment costs a review app its data.")
    {
        Pipeline = new()
        {
            Hears = (pipeline, input) => input is Looked ? (pipeline with { Proposals = pipeline.Proposals.ToDictionary(p => p.Key, p => p.Value with { Missing = 1 }) }, input) : (pipeline, input),
        },
    };

    public static readonly PlantedFault BrakeOff = new("brake-off", "Any number of proposals may vanish at once.", "A repository that was moved or made private loses all of its review apps in one minute.")
    {
        Pipeline = new()
        {
            Hears = (pipeline, input) => input is Looked
                ? (pipeline with { Brake = null, Declared = pipeline.Declared! with { Definition = pipeline.Declared.Definition with { MaxClosingsAtOnce = int.MaxValue } } }, input) : (pipeline, input),
        },
    };

    public static readonly PlantedFault HintsOnly = new("hints-only", "Nobody looks without a hint.", "A webhook that is lost is lost: the head is never deployed, the closed proposal's app stays.")
    {
        Pipeline = new() { Decides = (_, _, _, decision) => decision.Without(messages: m => m is LookNow { Timer: not null }) },
    };

    public static readonly PlantedFault ApprovalOutlivesCommit = new("approval-outlives-commit", "An approval counts for the next commit of the same proposal, too.",
        "A stranger has something harmless approved and pushes something else.")
    {
        Pipeline = new()
        {
            Hears = (pipeline, input) => input is Looked looked
                ? (pipeline with
                {
                    Approved = [.. pipeline.Approved, .. looked.Listing.Proposals.Where(p => pipeline.Proposals.GetValueOrDefault(p.Key) is { } before && pipeline.Approved.Contains(before.Proposal.Head.Sha)).Select(p => p.Head.Sha)],
                }, input) : (pipeline, input),
        },
    };

    private static string Default(PipelineState pipeline) => pipeline.Declared!.Definition.Repository.DefaultBranch;
    private static CommitSha? Head(PipelineState pipeline) => pipeline.Declared is null ? null : pipeline.Branches.GetValueOrDefault(Default(pipeline))?.Commit;
}
