using Flow.Builds;
using Flow.Pipelines;
using Flow.Storage;

namespace Flow.Testing.Simulation.Planting;

/// <summary>Faults that change nothing, because the design protects against them in a second place: they cost time, never correctness.</summary>
internal sealed partial class PlantedFault
{
    /// <summary>With each of these everything stays as it should be.</summary>
    public static IReadOnlyList<PlantedFault> Harmless => [VersionIgnored, BuildTellsTheFirst, HintsLost, MessagesTwice];

    public static readonly PlantedFault VersionIgnored = new("version-ignored", "The store accepts changes that are based on an older version.", "None: whoever is behind has lost the fence, too.")
    {
        Store = (_, right) => new BrokenStore(right)
        {
            Commits = async commit => await right.CommitAsync(commit, default) is { Status: not CommitStatus.VersionConflict } result ? result
                : await right.CommitAsync(commit with { Change = commit.Change! with { ExpectedVersion = (await right.LoadAsync(commit.Change.Claim.Stream, default))?.Version ?? 0 } }, default),
        },
    };

    public static readonly PlantedFault BuildTellsTheFirst = new("build-tells-the-first", "A build that is shared tells only the first of those who wait.", "A minute: whoever waits asks again.")
    {
        Build = new() { Decides = (_, _, input, decision) => input is BuildCompleted ? decision with { Messages = [.. decision.Messages.Take(1)] } : decision },
    };

    public static readonly PlantedFault HintsLost = new("hints-lost", "No hint is ever heard.", "Time: the pipeline looks by itself.")
    {
        Pipeline = new() { Hears = (pipeline, input) => (pipeline, input is LookNow { Timer: null } ? new LookNow(-1) : input) },
    };

    public static readonly PlantedFault MessagesTwice = new("messages-twice", "Every message between streams arrives twice.", "None: the rules take each message once.")
    {
        Commit = (_, commit) => commit with { Enqueue = [.. commit.Enqueue.SelectMany(w => w.RequestKey is null && w.After <= TimeSpan.Zero ? [w, w] : (NewWork[])[w])] },
    };
}
