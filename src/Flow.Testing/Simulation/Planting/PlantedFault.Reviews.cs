using Flow.Apps;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Testing.Simulation.Planting;

/// <summary>Which proposals get apps, what those are given, and how they go.</summary>
internal sealed partial class PlantedFault
{
    public static readonly PlantedFault EverybodyVouched = new("everybody-vouched", "A fork needs nobody's approval.", "A stranger's code runs beside the databases of the team.")
    {
        Pipeline = new() { Hears = (pipeline, input) => input is Looked looked ? (pipeline with { Approved = [.. pipeline.Approved, .. looked.Listing.Proposals.Select(p => p.Head.Sha)] }, input) : (pipeline, input) },
    };

    public static readonly PlantedFault PersonalGiven = new("personal-given", "Approved code sees what somebody has set on its app.", "An API key that a maintainer set by hand is read by a stranger's pull request.")
    {
        App = new()
        {
            Decides = (_, app, _, decision) => app.Candidates.Any(c => c.Revision?.Trust == Trust.Approved && decision.Events.OfType<SlotGiven>().Any(g => g.Run == c.Run))
                ? decision with { Messages = [.. decision.Messages.Select(m => m.Input is SlotGranted granted ? m with { Input = new SlotGranted(granted.Grant with { Config = WithPersonal(app, granted.Grant.Config) }) } : m)] }
                : decision,
        },
    };

    public static readonly PlantedFault RoomForAll = new("room-for-all", "There is no limit of apps alive.", "A hundred pull requests of a bot fill the machine.")
    {
        Pipeline = new() { Hears = (pipeline, input) => (Reviewing(pipeline, review => review with { MaxAlive = null }), input) },
    };

    public static readonly PlantedFault RoomTooEarly = new("room-too-early", "An app that is told to go makes room at once.", "While a teardown hangs, twice as many apps run as there is memory for.")
    {
        Pipeline = new() { Hears = (pipeline, input) => (input is ReviewAppGone ? pipeline : pipeline with { Teardowns = new Dictionary<string, ReviewAppTeardown>() }, input) },
    };

    public static readonly PlantedFault TeardownHidden = new("teardown-hidden", "A review app that is told to go is off the list at once.", "Its teardown fails for days, and nobody sees it.")
    {
        Pipeline = new() { Decides = (_, _, _, decision) => decision.Events.OfType<ReviewAppLeaving>().LastOrDefault() is { Teardown: var gone } ? decision.And(new ReviewAppEnded(gone.App, gone.Since)) : decision },
    };

    public static readonly PlantedFault PinForgotten = new("pin-forgotten", "A pinned app goes like any other.", "The demo for tomorrow is gone.")
    {
        Pipeline = new() { Hears = (pipeline, input) => (input is JudgeReviewApps ? pipeline with { Proposals = pipeline.Proposals.ToDictionary(p => p.Key, p => p.Value with { Pinned = null }) } : pipeline, input) },
    };

    public static readonly PlantedFault GoesUnsaid = new("goes-unsaid", "An unused app goes without a word before.", "Nobody could have pinned it.")
    {
        Pipeline = new()
        {
            Hears = (pipeline, input) => (input is JudgeReviewApps ? pipeline with { Proposals = pipeline.Proposals.ToDictionary(p => p.Key, p => p.Value with { WarnedAt = p.Value.ActiveAt }) } : pipeline, input),
        },
    };

    public static readonly PlantedFault StageConfigUntold = new("stage-config-untold", "Review apps are not told of the config of their stage.", "The test key that was rotated for all review apps is the old one in half of them.")
    {
        Pipeline = new() { Decides = (_, _, input, decision) => input is ChangeStageConfig ? decision.Without(messages: m => m is DefineApp) : decision },
    };

    private static PipelineState Reviewing(PipelineState pipeline, Func<ReviewAppPolicy, ReviewAppPolicy> change) => pipeline.Declared is not { Definition: { ReviewApps: { } review } definition } declared ? pipeline
        : pipeline with { Declared = declared with { Definition = definition with { ReviewApps = change(review) } } };

    private static Dictionary<string, ConfigValue> WithPersonal(AppState app, IReadOnlyDictionary<string, ConfigValue> given)
    {
        var all = new Dictionary<string, ConfigValue>(given);
        foreach (var (name, value) in app.ConfigOf(app.Config).Where(v => v.Value.Origin == ConfigOrigin.Person)) all[name] = value with { Origin = value.IsSecret ? ConfigOrigin.Generated : ConfigOrigin.Stage };
        return all;
    }
}
