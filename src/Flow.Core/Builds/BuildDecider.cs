using Flow.Engine;
using Flow.Runs;

namespace Flow.Builds;

/// <summary>Build, or find what was built. The id names the attempt, so that a stopped build is never mistaken for its successor.</summary>
internal sealed record ExecuteBuild(string Key, BuildOrder Order, int Attempt) : Effect($"build/{Key}/{Attempt}")
{
    public string BuildId => $"{Key}-{Attempt}";
}

internal sealed record StopBuild(string Key, BuildOrder Order, int Attempt) : Effect($"build/{Key}/{Attempt}/stop")
{
    public string BuildId => $"{Key}-{Attempt}";
}

/// <summary>Builds once for everybody; stops when nobody wants it any more.</summary>
internal sealed class BuildDecider : Decider<BuildState, BuildInput, BuildEvent>
{
    public const string Kind = "build";
    private const int PassingFailures = 3;

    public static StreamId StreamOf(string key) => new(Kind, key);

    public override BuildState Initial { get; } = new();

    public override Effect? Next(StreamId self, BuildState build) => build switch
    {
        { Artifact: not null } or { Order: null } => null,
        // To its end, also when somebody wants it again meanwhile: that is a new attempt.
        { Stopping: true } => new StopBuild(self.Key, build.Order, build.Attempt),
        { Resting: false, Wanted.Count: > 0 } => new ExecuteBuild(self.Key, build.Order, build.Attempt),
        _ => null,
    };

    public override Decision Decide(StreamId self, BuildState build, BuildInput input, DateTimeOffset now) => input switch
    {
        WantArtifact want when build.Artifact is { } artifact =>
            Decision.Of(new ArtifactWanted(want.Run, want.Order, now), new ArtifactUnwanted(want.Run)).Send(RunDecider.StreamOf(want.Run), new ArtifactReady(self.Key, artifact)),
        WantArtifact want when !build.Wanted.Contains(want.Run) => Decision.Of(new ArtifactWanted(want.Run, want.Order, now)),
        UnwantArtifact unwant when build.Wanted.Contains(unwant.Run) => Decision.Of(new ArtifactUnwanted(unwant.Run)),
        BuildCompleted done when build.Artifact is null => Complete(self, build, done.Artifact),
        BuildAttemptFailed failed when build is { Artifact: null, Stopping: false, Wanted.Count: > 0 } => Fail(self, build, failed),
        BuildRested rested when build.Resting && rested.Failures == build.Failures => Decision.Of(new BuildResumed()),
        BuildStopped when build is { Stopping: true, Artifact: null } => Decision.Of(new BuildEnded()),
        ExpireBuild expire when build is { Wanted.Count: 0, Started: false } or { Wanted.Count: 0, Artifact: not null } && build.LastWanted <= expire.NotWantedSince => Decision.Forget(),
        _ => Decision.Nothing,
    };

    /// <summary>Who vouches for the code is never a builder's word.</summary>
    private static Decision Complete(StreamId self, BuildState build, Artifact made)
    {
        var artifact = build.Order is { } order ? made with { Trust = order.Revision.Trust } : made;
        return Tell(build, Decision.Of(new ArtifactBuilt(artifact)), new ArtifactReady(self.Key, artifact));
    }

    private static Decision Fail(StreamId self, BuildState build, BuildAttemptFailed failed) => failed.Failure.Transient && build.Failures + 1 < PassingFailures
        ? Decision.Of(new BuildFailedOnce(failed.Failure, failed.Unsure)).Send(self, new BuildRested(build.Failures + 1), TimeSpan.FromSeconds(5 << build.Failures))
        : Tell(build, Decision.Of(new BuildGivenUp(failed.Failure, failed.Unsure)), new BuildFailed(self.Key, failed.Failure));

    private static Decision Tell(BuildState build, Decision decided, RunInput news) =>
        build.Wanted.Aggregate(decided, (told, run) => told.Send(RunDecider.StreamOf(run), news));

    public override BuildState Evolve(BuildState build, BuildEvent happened) => happened switch
    {
        // Whoever comes first to a build that nobody is at says how: older orders may name a commit or a source that is gone.
        ArtifactWanted wanted => build with { Order = build.Started ? build.Order : wanted.Order, Wanted = [.. build.Wanted, wanted.Run], Started = build.Artifact is null, LastWanted = wanted.At },
        ArtifactUnwanted unwanted => Left(build with { Wanted = [.. build.Wanted.Where(r => r != unwanted.Run)] }),
        ArtifactBuilt built => build with { Artifact = built.Artifact, Wanted = [], Started = false, Stopping = false, Failures = 0 },
        BuildFailedOnce failed => build with { Attempt = failed.Unsure ? build.Attempt : build.Attempt + 1, Failures = build.Failures + 1, Resting = true },
        BuildResumed => build with { Resting = false },
        BuildGivenUp { Unsure: true } => build with { Failures = 0, Resting = false, Wanted = [], Stopping = true },
        BuildGivenUp => build with { Attempt = build.Attempt + 1, Failures = 0, Resting = false, Wanted = [], Started = false },
        BuildEnded => build with { Attempt = build.Attempt + 1, Failures = 0, Resting = false, Started = build.Wanted.Count > 0, Stopping = false },
        _ => throw new InvalidOperationException($"A build knows no {happened.GetType().Name}."),
    };

    private static BuildState Left(BuildState build) => build is { Wanted.Count: 0, Started: true } ? build with { Stopping = true } : build;
}
