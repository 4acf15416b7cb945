using System.Text.Json.Serialization;
using Flow.Apps;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Pipelines;

/// <summary>A pipeline as last committed: what it was declared to be and what it last saw.</summary>
public sealed record PipelineState
{
    /// <summary>As declared; null before it was.</summary>
    public ResolvedPipeline? Declared { get; init; }
    /// <summary>Branches as last seen.</summary>
    public IReadOnlyDictionary<string, ObservedHead> Branches { get; init; } = new Dictionary<string, ObservedHead>();
    /// <summary>Proposals that are open, or whose app is not gone yet.</summary>
    public IReadOnlyDictionary<string, ObservedProposal> Proposals { get; init; } = new Dictionary<string, ObservedProposal>();
    /// <summary>Counts observations: the order of heads, never a clock.</summary>
    public long Order { get; init; }
    /// <summary>It is to look, or is looking, for the so-manieth time.</summary>
    public long Look { get; init; }
    /// <summary>A look is due.</summary>
    public bool LookDue { get; init; }
    /// <summary>A hint came while it was looking: it looks once more.</summary>
    public bool LookAgain { get; init; }
    /// <summary>Why the last look failed, and since when looks fail.</summary>
    public LookTrouble? Trouble { get; init; }
    /// <summary>What is wrong with what was seen, by place, for people: a missing branch, a refused review app.</summary>
    public IReadOnlyDictionary<string, string> Problems { get; init; } = new Dictionary<string, string>();
    /// <summary>Newest reports by commit; the newest commits only.</summary>
    public IReadOnlyList<CommitChecks> Checks { get; init; } = [];
    /// <summary>Commits of untrusted proposals that a maintainer has approved.</summary>
    public IReadOnlyList<CommitSha> Approved { get; init; } = [];
    /// <summary>So many proposals vanished at once that nobody believes it: nothing is torn down until somebody confirms.</summary>
    public string? Brake { get; init; }
    /// <summary>The proposals that the brake holds: those that were missing at the last complete look. A confirmation is for exactly these.</summary>
    public IReadOnlyList<string> BrakeHolds { get; init; } = [];
    /// <summary>The proposals whose end somebody has confirmed: those of them that are still missing at the next complete look are over.</summary>
    public IReadOnlyList<string> ConfirmedClosings { get; init; } = [];

    /// <summary>Review apps that are being torn down, by the app's name.</summary>
    public IReadOnlyDictionary<string, ReviewAppTeardown> Teardowns { get; init; } = new Dictionary<string, ReviewAppTeardown>();
    /// <summary>Branches that have, or are to have, a review app without a proposal, by its key.</summary>
    public IReadOnlyDictionary<string, WantedBranch> WantedBranches { get; init; } = new Dictionary<string, WantedBranch>();
    /// <summary>Config vars of all review apps; null: none was ever set.</summary>
    public StageConfig? ReviewConfig { get; init; }
    /// <summary>Config vars of all test apps; null: none was ever set.</summary>
    public StageConfig? TestConfig { get; init; }

    /// <summary>So often what its apps are told of how to live has changed.</summary>
    [JsonInclude]
    internal long Policies { get; init; }

    /// <summary>Checks reported for a commit.</summary>
    public IReadOnlyList<Check> ChecksOf(CommitSha commit) => Checks.FirstOrDefault(c => c.Commit == commit)?.Checks ?? [];
}

/// <summary>A declaration together with what the host's registrations make of it.</summary>
/// <param name="Definition">As declared.</param>
/// <param name="Steps">The host's own steps.</param>
/// <param name="IsolatesUntrusted">Builder and runtime both declare that nobody's code can do harm in them.</param>
/// <param name="Reporters">Names of the registered status reporters.</param>
/// <param name="ReleasesKept">From the engine's options.</param>
/// <param name="Retention">From the engine's options.</param>
/// <param name="Fingerprint">Equal declarations have equal fingerprints.</param>
public sealed record ResolvedPipeline(
    PipelineDefinition Definition, IReadOnlyList<HostStep> Steps, IReadOnlyList<string> Reporters, bool IsolatesUntrusted, int ReleasesKept, TimeSpan Retention, string Fingerprint);

/// <summary>A head and the order in which it was observed.</summary>
public sealed record ObservedHead(CommitSha Commit, long Order);

/// <summary>A proposal as last seen.</summary>
/// <param name="Proposal">What was seen.</param>
/// <param name="Order">Order in which its head was observed.</param>
/// <param name="Missing">From so many complete listings in a row it has been missing.</param>
/// <param name="App">Its review app, once there is one.</param>
/// <param name="Told">Order of the newest head that the review app was told of.</param>
public sealed record ObservedProposal(Proposal Proposal, long Order, int Missing = 0, AppName? App = null, long Told = 0)
{
    /// <summary>Order in which the proposal itself was first observed: its place in the queue.</summary>
    public long Opened { get; init; }
    /// <summary>Who asked for its app by hand; null: nobody.</summary>
    public string? Wanted { get; init; }
    /// <summary>Config vars that its app begins with, given with the request.</summary>
    public IReadOnlyDictionary<string, ConfigValue>? Config { get; init; }
    /// <summary>The app that the secrets of <see cref="Config"/> are bound to: under another name nobody can read them.</summary>
    [JsonInclude]
    internal AppName? ConfigFor { get; init; }
    /// <summary>Its app is away although it is open.</summary>
    public ReviewAppAway? Away { get; init; }
    /// <summary>So many heads had been observed when its app was last told to go.</summary>
    public long GoneAt { get; init; }
    /// <summary>Who pinned its app; null: nobody.</summary>
    public string? Pinned { get; init; }
    /// <summary>Last deployment or visit of its app, as far as known.</summary>
    public DateTimeOffset? ActiveAt { get; init; }
    /// <summary>When it was said that its app will go for being unused; null: it was not.</summary>
    public DateTimeOffset? WarnedAt { get; init; }
    /// <summary>What its app, or its newest head, waits for; null: nothing.</summary>
    public ReviewAppWait? Waits { get; init; }
    /// <summary>Since when.</summary>
    public DateTimeOffset? WaitsSince { get; init; }
}

/// <summary>Looks fail.</summary>
public sealed record LookTrouble(Failure Failure, DateTimeOffset Since, int Times);

/// <summary>Reports for one commit.</summary>
public sealed record CommitChecks(CommitSha Commit, IReadOnlyList<Check> Checks);
