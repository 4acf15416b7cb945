using System.Security.Cryptography;
using Flow.Apps;
using Flow.Builds;
using Flow.Runs;

namespace Flow.Testing.Simulation.Planting;

/// <summary>Who changes an app, in which order, with what, and what the app owns.</summary>
internal sealed partial class PlantedFault
{
    public static readonly PlantedFault NewestByArrival = new("newest-by-arrival", "The newest head is the one whose message came last, not the one that was observed last.",
        "A message that is delivered again brings old code back.")
    {
        App = new() { Hears = (app, input) => input is HeadObserved head && head.Order <= app.NewestSeen ? (app, head with { Order = app.NewestSeen + 1 }) : (app, input) },
    };

    public static readonly PlantedFault SupersededGoesOn = new("superseded-goes-on", "A head that a newer one supersedes is not told, and gets the slot after it.", "The older of two pushes wins, because its build took longer.")
    {
        App = new()
        {
            Hears = (app, input) => (app with { NewestGiven = 0 }, input),
            Decides = (_, _, _, decision) => decision.Without(e => e is CandidateLeaving leaving && IsSuperseded(leaving.Reason), m => m is CancelRun cancel && IsSuperseded(cancel.Reason)),
        },
    };

    public static readonly PlantedFault HoldIgnored = new("hold-ignored", "Whoever asks for the slot gets it, on hold or not.", "The freeze before a launch is none.")
    {
        App = new() { Hears = (app, input) => input is RequestSlot or RunEnded ? (app with { Hold = null }, input) : (app, input) },
    };

    public static readonly PlantedFault RollbackWithoutHold = new("rollback-without-hold", "A rollback holds nothing back.", "Minutes after somebody rolled back, the next push brings the broken code again.")
    {
        App = new() { Decides = (_, _, input, decision) => input is RequestRollback ? decision.Without(e => e is Held) : decision },
    };

    public static readonly PlantedFault CodeOfNewestRelease = new("code-of-newest-release", "Changed config and restarts bring the code of the newest release, whether that ever served or not.",
        "Somebody changes a variable, and the deploy that failed an hour ago goes live.")
    {
        App = new()
        {
            Decides = (_, app, _, decision) => app.Releases is [.., { Artifact: var newest }] && decision.Events.OfType<SlotGiven>().Any(g => app.Candidates.Any(c => c.Run == g.Run && c.Kind is RunKind.Config or RunKind.Restart))
                ? decision.Changed(e => e is ReleaseCreated created ? new ReleaseCreated(created.Release with { Artifact = newest }) : e,
                    m => m is SlotGranted granted ? new SlotGranted(granted.Grant with { Artifact = newest }) : m)
                : decision,
        },
    };

    public static readonly PlantedFault PromotionRebuilt = new("promotion-rebuilt", "A promotion brings another artifact than the one that was proven.", "Production runs what nobody has ever tested.")
    {
        App = new() { Hears = (app, input) => input is ReceivePromotion offer ? (app, offer with { Artifact = offer.Artifact with { Digest = Another(offer.Artifact.Digest) } }) : (app, input) },
    };

    public static readonly PlantedFault PromotionTwice = new("promotion-twice", "A promotion whose message is delivered twice is done twice.", "The release phase of production runs again in the evening.")
    {
        App = new()
        {
            Hears = (app, input) => input is ReceivePromotion
                ? (app with { Candidates = [.. app.Candidates.Select(c => c with { Origin = null })], Releases = [.. app.Releases.Select(r => r with { Origin = null })], Received = [] }, input) : (app, input),
        },
    };

    public static readonly PlantedFault LedgerAfterCreation = new("ledger-after-creation", "Add-ons enter the ledger when the run that created them has succeeded, and not before.",
        "A deploy that fails leaves a database that nobody knows of, and that is paid for every month.")
    {
        App = new()
        {
            Decides = (_, app, input, decision) =>
            {
                var late = decision.Changed(e => e is ResourcesIntended intended ? new ResourcesIntended([.. intended.Resources.Where(r => r.Kind != ResourceKind.AddOn)]) : e);
                return input is RunEnded { Outcome: RunStatus.Succeeded } ended && app.Slot == ended.Run && app.Life == AppLife.Active
                    ? late.And(new ResourcesIntended([.. app.Policy!.AddOns.Select(a => new OwnedResource(ResourceKind.AddOn, $"{ended.Run.App}.{app.Generation}.{a.Name}", a.Provider, a.Name))])) : late;
            },
        },
    };

    public static readonly PlantedFault LedgerForgottenEarly = new("ledger-forgotten-early", "What an app owns is forgotten when its teardown begins, and not when it is gone.", "Closed review apps go on running, and no list shows them.")
    {
        App = new() { Decides = (_, app, _, decision) => decision.Events.Any(e => e is AppDestroying) ? decision.And(new ResourcesGone([.. app.Ledger.Select(r => r.Id)])) : decision },
    };

    public static readonly PlantedFault RebirthForgotten = new("rebirth-forgotten", "An app that is wanted again while it is being destroyed is not brought back.", "Somebody reopens a pull request, and its review app never comes.")
    {
        App = new() { Decides = (_, _, _, decision) => decision.Without(e => e is AppRebirthPlanned { Rebirth: not null }) },
    };

    private static bool IsSuperseded(string reason) => reason.StartsWith("superseded", StringComparison.Ordinal);
    private static ArtifactDigest Another(ArtifactDigest digest) => ArtifactDigest.Parse("sha256:" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(digest.ToString()))));
}
