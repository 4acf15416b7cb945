using System.Text.Json.Serialization;
using Flow.Apps;
using Flow.Builds;
using Flow.Gates;
using Flow.Manifests;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Runs;

/// <summary>A run as last committed: a frozen plan, how far it is, and the answer to "why is it not moving?".</summary>
public sealed record RunState
{
    /// <summary>What it does; null before it has begun.</summary>
    public Plan? Plan { get; init; }
    /// <summary>How it stands.</summary>
    public RunStatus Status { get; init; } = RunStatus.Waiting;
    /// <summary>Steps that are done, in order.</summary>
    public IReadOnlyList<DoneStep> Done { get; init; } = [];
    /// <summary>Attempt at the step that is due, from 1: a new one after each known failure.</summary>
    public int Attempt { get; init; } = 1;
    /// <summary>How often the step that is due has failed, known or not.</summary>
    public int Tries { get; init; }
    /// <summary>A step that must not be repeated has been begun in this attempt.</summary>
    public bool Begun { get; init; }
    /// <summary>How often it has parked: old alarms find another number.</summary>
    public int Parked { get; init; }
    /// <summary>What it waits for; null while it moves.</summary>
    public WaitReason? Waits { get; init; }
    /// <summary>
    /// How long the step that is due has waited, measured by its timers: no wall clock counts. A hint in between stops no timer, so whoever is hinted often waits no longer;
    /// what is said here is at most one timer too little, never too much.
    /// </summary>
    public TimeSpan Waited { get; init; }
    /// <summary>What the timer measures that runs now.</summary>
    public TimeSpan Timer { get; init; }
    /// <summary>The parking whose alarm is that timer, 0: none runs. At a gate, a hint may have ended that parking.</summary>
    [JsonInclude]
    internal int TimerOf { get; init; }
    /// <summary>Something changed while the step was looking: it must look once more before it parks.</summary>
    public bool Hinted { get; init; }
    /// <summary>Its app goes: scripts that come after the switch are left out.</summary>
    public bool ScriptsUnwanted { get; init; }
    /// <summary>What the app gave it with its slot.</summary>
    public SlotGrant? Grant { get; init; }
    /// <summary>Why it is stopping, or has ended without success.</summary>
    public string? Reason { get; init; }
    /// <summary>Stopping because somebody or something newer wanted it so.</summary>
    public bool Cancelling { get; init; }
    /// <summary>Tried in vain to stop what it started, so often.</summary>
    public int StopAttempt { get; init; }
    /// <summary>The artifact, as soon as it is known.</summary>
    public Artifact? Artifact { get; init; }
    /// <summary>The source tree's hash and what the commit says of itself, once fetched.</summary>
    public FetchedSource? Source { get; init; }
    /// <summary>Where the new processes listen, once they are healthy.</summary>
    public IReadOnlyList<Uri> Endpoints { get; init; } = [];
    /// <summary>Who approved it.</summary>
    public IReadOnlyList<Approval> Approvals { get; init; } = [];
    /// <summary>Gates that somebody with the right has overridden, by step name.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; init; } = new Dictionary<string, string>();
    /// <summary>When it began.</summary>
    public DateTimeOffset? BegunAt { get; init; }
    /// <summary>Since when the step that is due has been due.</summary>
    public DateTimeOffset StepSince { get; init; }
    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>It has ended well, and its runtime still keeps its commands.</summary>
    public bool Untidy { get; init; }
    /// <summary>Its retention is over: logs go, then the run.</summary>
    public bool Expired { get; init; }

    /// <summary>It has ended; nothing of it is left working.</summary>
    [JsonIgnore]
    public bool Closed => Status is RunStatus.Succeeded or RunStatus.Failed or RunStatus.Cancelled;

    /// <summary>The step that is due.</summary>
    [JsonIgnore]
    public PlannedStep? Due => Plan is not null && Done.Count < Plan.Steps.Count ? Plan.Steps[Done.Count] : null;

    /// <summary>The traffic has been led to its processes: there is no way back but a rollback.</summary>
    [JsonIgnore]
    public bool Switched => Done.Any(d => d.Step == WellKnownSteps.Switch);

    internal DoneStep? Find(string step) => Done.FirstOrDefault(d => d.Step == step);
}

/// <summary>A step that is done, or that the run has passed without it.</summary>
/// <param name="Step">Its name.</param>
/// <param name="Output">What it said.</param>
/// <param name="Attempt">In which attempt.</param>
/// <param name="Since">When it was due.</param>
/// <param name="At">When it ended.</param>
/// <param name="Failed">It failed where nothing can be taken back any more; the run went on.</param>
/// <param name="Unsure">Nobody knows whether it happened.</param>
public sealed record DoneStep(string Step, string Output, int Attempt, DateTimeOffset Since, DateTimeOffset At, bool Failed = false, bool Unsure = false);

/// <summary>What a run waits for.</summary>
/// <param name="For">For a person.</param>
/// <param name="Owner">Who or what can change it.</param>
/// <param name="Since">Since when.</param>
/// <param name="NextLook">When it is looked at again at the latest; null: it is told.</param>
public sealed record WaitReason(string For, string Owner, DateTimeOffset Since, DateTimeOffset? NextLook);

/// <summary>What an app gives a run with its slot, fixed for the run.</summary>
public sealed record SlotGrant
{
    /// <summary>Release being made, when one is.</summary>
    public int? Release { get; init; }
    /// <summary>Processes to start, when some are.</summary>
    public DeploymentId? Deployment { get; init; }
    /// <summary>Processes that serve now, to be retired after the switch.</summary>
    public DeploymentId? Previous { get; init; }
    /// <summary>Where those listen: the way back while there is one.</summary>
    public IReadOnlyList<Uri> PreviousEndpoints { get; init; } = [];
    /// <summary>What to run, when it is the app's present artifact: known only now, other changes may have come first.</summary>
    public Artifact? Artifact { get; init; }
    /// <summary>The code of that artifact.</summary>
    public Revision? Revision { get; init; }
    /// <summary>Config of the release.</summary>
    public IReadOnlyDictionary<string, ConfigValue> Config { get; init; } = new Dictionary<string, ConfigValue>();
    /// <summary>Wanted processes of each type.</summary>
    public IReadOnlyDictionary<string, int> Quantities { get; init; } = new Dictionary<string, int>();
    /// <summary>What the app owns now, intents included; a teardown walks it in reverse.</summary>
    public IReadOnlyList<OwnedResource> Ledger { get; init; } = [];
    /// <summary>What the release's code says of itself.</summary>
    public AppManifest? Manifest { get; init; }
    /// <summary>The app's add-ons with what their providers are asked for.</summary>
    public IReadOnlyList<Pipelines.AddOnWish> AddOns { get; init; } = [];
    /// <summary>Instances of other apps that it uses too.</summary>
    public IReadOnlyList<AddOnAttachment> Attachments { get; init; } = [];
    /// <summary>Ids of the add-ons that its code may use, when those are not all of the ledger; null: all.</summary>
    public IReadOnlyList<string>? Uses { get; init; }
    /// <summary>What the manifest changed of the app, or could not, for people.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
    /// <summary><c>postdeploy</c> has run in this life of the app.</summary>
    public bool SetUp { get; init; }
    /// <summary>The app's generation.</summary>
    public int Generation { get; init; }
    /// <summary>The so-manieth change of the app in its generation: orders what its runs say to the outside.</summary>
    public long Turn { get; init; }

    /// <summary>Turn of a route that the run puts in force.</summary>
    internal long Forth => Turn * 2;
    /// <summary>Turn of the route that the run leads back to: after its own, before everybody else's.</summary>
    internal long Back => Forth + 1;
}

/// <summary>What fetching told of the code.</summary>
/// <param name="TreeId">Content hash of the tree.</param>
/// <param name="Subject">First line of the commit message. Hostile text.</param>
/// <param name="Author">Author's name. Hostile text.</param>
/// <param name="BuildKey">Names the one build that serves everybody who needs an artifact of this tree, builder, and trust.</param>
/// <param name="RootFolder">Folder inside the repository that is built, or null.</param>
/// <param name="Watched">Content hash of the files that matter when not all do, else null: with an equal one there is nothing to deploy.</param>
/// <param name="Needs">What <c>app.json</c> says; null: there is none.</param>
public sealed record FetchedSource(string TreeId, string Subject, string Author, string BuildKey, string? RootFolder = null, string? Watched = null, Requirements? Needs = null);
