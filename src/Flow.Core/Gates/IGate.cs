using Flow.Runs;
using Flow.Sources;

namespace Flow.Gates;

/// <summary>
/// Something that must allow a run to go on. Asked again whenever something it depends on may have changed, and on time. Holds nothing
/// while a run waits: no thread, no slot of the app.
/// </summary>
public interface IGate
{
    /// <summary>
    /// Looks and answers. Must not change anything. An outage of the gate's source is the gate's own to judge: answer
    /// <see cref="GateAnswer.Wait"/>, or <see cref="GateAnswer.Allow"/> with a note.
    /// </summary>
    ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken);
}

/// <summary>What a gate is asked about.</summary>
public sealed record GateContext
{
    /// <summary>The run.</summary>
    public required RunId Run { get; init; }
    /// <summary>The app it would change.</summary>
    public required AppName App { get; init; }
    /// <summary>The pipeline of the app.</summary>
    public required PipelineName Pipeline { get; init; }
    /// <summary>Where the code lives.</summary>
    public required SourceRepository Repository { get; init; }
    /// <summary>Name of the pipeline's source provider.</summary>
    public required string SourceProvider { get; init; }
    /// <summary>The app's stage.</summary>
    public required Stage Stage { get; init; }
    /// <summary>What the run does.</summary>
    public required RunKind Kind { get; init; }
    /// <summary>The code.</summary>
    public Revision? Revision { get; init; }
    /// <summary>The artifact, when the run moves one that is built already.</summary>
    public ArtifactDigest? Artifact { get; init; }
    /// <summary>Since when this gate has been asked.</summary>
    public required DateTimeOffset Since { get; init; }
    /// <summary>Now.</summary>
    public required DateTimeOffset Now { get; init; }
    /// <summary>
    /// How long the run has waited here, measured by timers: at most one of them (up to an hour) too little, never too much, however often the gate is hinted. For whatever must really have passed: <see cref="Since"/> and <see cref="Now"/> are wall clocks, perhaps of
    /// two machines, for people and calendars.
    /// </summary>
    public TimeSpan Waited { get; init; }
    /// <summary>Who has approved this run.</summary>
    public IReadOnlyList<Approval> Approvals { get; init; } = [];
}

/// <summary>Somebody's approval of one run.</summary>
public sealed record Approval(string By, DateTimeOffset At, string? Comment = null);

/// <summary>A gate's answer.</summary>
public sealed record GateAnswer
{
    private GateAnswer() { }

    /// <summary>The run may go on.</summary>
    public bool Allows { get; private init; }

    /// <summary>The run fails here.</summary>
    public bool Refuses { get; private init; }

    /// <summary>For a person: what was seen, what is waited for, or why not.</summary>
    public required string Explanation { get; init; }

    /// <summary>Who or what can change the answer; only while waiting.</summary>
    public string? Owner { get; private init; }

    /// <summary>When to look again at the latest; only while waiting.</summary>
    public TimeSpan LookAgainIn { get; private init; }

    /// <summary>Go on.</summary>
    public static GateAnswer Allow(string note) => new() { Allows = true, Explanation = note };

    /// <summary>Not yet. <paramref name="owner"/> can change that; it is looked at again after <paramref name="lookAgainIn"/>.</summary>
    public static GateAnswer Wait(string explanation, string owner, TimeSpan lookAgainIn) => new() { Explanation = explanation, Owner = owner, LookAgainIn = lookAgainIn };

    /// <summary>Never.</summary>
    public static GateAnswer Refuse(string reason) => new() { Refuses = true, Explanation = reason };
}
