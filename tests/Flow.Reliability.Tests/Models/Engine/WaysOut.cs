using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Reporting;
using Flow.Runs;

namespace Flow.Reliability.Tests.Models.Engine;

/// <summary>How a state can be left. There is no other kind of waiting.</summary>
internal enum WayOut
{
    /// <summary>Nothing is left to do.</summary>
    Ended,
    /// <summary>The world owes it an effect, whose result is its next input.</summary>
    Effect,
    /// <summary>An input to itself is on its way, with a time: it looks again, or gives up.</summary>
    Alarm,
    /// <summary>Another stream, which has a way out itself, will tell it; or has told it already, and the input is on its way.</summary>
    OtherStream,
    /// <summary>A person must say something, and is named.</summary>
    Person,
}

/// <summary>Looks for the way out of each state of an engine; where there is none, that is the defect.</summary>
internal static class WaysOut
{
    public static IEnumerable<(StreamId Stream, WayOut? Way, string? Problem)> Of(EngineOnPaper engine)
    {
        foreach (var (stream, state) in engine.States)
            foreach (var (way, problem) in state switch
            {
                RunState run => Of(engine, stream, run),
                AppState app => Of(engine, stream, app),
                BuildState build => Of(engine, stream, build),
                PipelineState pipeline => Of(engine, stream, pipeline),
                ReportState report => Of(engine, stream, report),
                _ => throw new InvalidOperationException($"Nobody knows what a {state.GetType().Name} waits for."),
            })
                yield return (stream, way, problem);
    }

    private static IEnumerable<(WayOut?, string?)> Of(EngineOnPaper engine, StreamId stream, RunState run)
    {
        if (engine.Owed(stream) is not null) yield return (WayOut.Effect, null);
        else if (run.Closed) yield return IsOnItsWay<RunRetentionOver>(engine, stream) ? (WayOut.Ended, null) : Stuck("it has ended, and will be kept for ever");
        else if (run.Status == RunStatus.Unknown) yield return run.Waits is { Owner.Length: > 0 } ? (WayOut.Person, null) : Stuck("nobody is asked what happened");
        else if (run.Waits is { } waits)
            yield return waits.NextLook is not null && engine.OnTheirWay.Any(o => o.To == stream && o.Input is LookAgain { Parked: { } alarm } && alarm == run.Parked) ? (WayOut.Alarm, null) : Stuck($"it waits for {waits.For}, and no alarm is set");
        else yield return Stuck($"it is {run.Status} at {run.Due?.Name}, and owes nothing");
    }

    private static IEnumerable<(WayOut?, string?)> Of(EngineOnPaper engine, StreamId stream, AppState app)
    {
        foreach (var candidate in app.Candidates)
            yield return IsAlive(engine, candidate.Run) || engine.OnTheirWay.Any(o => o.To == stream && o.Input is RunEnded ended && ended.Run == candidate.Run)
                ? (WayOut.OtherStream, null)
                : Stuck($"{candidate.Run} is gone, and nobody says so");
        foreach (var promotion in app.Promotions)
            foreach (var target in promotion.Targets.Where(t => t.State == PromotionState.Pending))
                yield return IsPromoting(engine, stream, promotion, target.App) ? (WayOut.OtherStream, null) : Stuck($"promotion {promotion.Id} waits for {target.App}, which knows nothing of it");

        if (app.Slot is { } slot && app.Candidates.All(c => c.Run != slot)) yield return Stuck($"{slot} has the slot, and is no candidate");
        if (app.Releases.FirstOrDefault(r => r.State == ReleaseState.Pending && r.Run != app.Slot) is { } pending) yield return Stuck($"v{pending.Number} is pending, and its run has not the slot");
        var rollback = app.Candidates.Any(c => c is { Kind: RunKind.Rollback, Leaving: false });
        if (app is { Life: AppLife.Active, Slot: null } && app.Candidates.FirstOrDefault(c => c is { Ready: true, Leaving: false } && !(rollback && c.Kind != RunKind.Rollback)) is { } ready)
            yield return app.Hold is not null && ready.Automatic ? (WayOut.Person, null) : Stuck($"the slot is free, and {ready.Run} does not get it");
        if (app is { Life: AppLife.Active, Slot: null } && app.Ledger.FirstOrDefault(r => r.Kind == ResourceKind.Deployment && r.Id != app.CurrentRelease?.Deployment.ToString()) is { } left)
            yield return Stuck($"{left.Id} is owned, serves nobody, and nobody removes it");
        if (app.Life == AppLife.Destroying && app.Candidates.All(c => c.Kind != RunKind.Destroy)) yield return Stuck("it is being destroyed, by nobody");
        if (app.Life == AppLife.Destroyed && (app.Ledger.Count > 0 || app.Candidates.Count > 0)) yield return Stuck("it is destroyed, and something is left");
        if (app.InspectionWanted && app is { Life: AppLife.Active, Slot: null, CurrentRelease: not null }) yield return engine.Owed(stream) is not null ? (WayOut.Effect, null) : Stuck("nobody inspects it");
        yield return (WayOut.Ended, null);
    }

    private static IEnumerable<(WayOut?, string?)> Of(EngineOnPaper engine, StreamId stream, BuildState build)
    {
        foreach (var run in build.Wanted)
            yield return (engine.Read<RunState>(RunDecider.StreamOf(run)) is { Closed: false, Status: not RunStatus.Stopping, Due.Kind: WellKnownSteps.Build }) || engine.OnTheirWay.Any(o => o.To == stream && o.Input is UnwantArtifact gone && gone.Run == run)
                ? (WayOut.OtherStream, null)
                : Stuck($"{run} does not want it any more, and has not said so");
        if (engine.Owed(stream) is not null) yield return (WayOut.Effect, null);
        else if (build.Artifact is not null || build is { Wanted.Count: 0, Started: false }) yield return (WayOut.Ended, null);
        else yield return build.Resting && engine.OnTheirWay.Any(o => o.To == stream && o.Input is BuildRested rested && rested.Failures == build.Failures) ? (WayOut.Alarm, null) : Stuck("it is wanted, or at work, and owes nothing");
    }

    private static IEnumerable<(WayOut?, string?)> Of(EngineOnPaper engine, StreamId stream, PipelineState pipeline)
    {
        if (engine.Owed(stream) is not null) yield return (WayOut.Effect, null);
        else yield return engine.OnTheirWay.Any(o => o.To == stream && o.Input is LookNow { Timer: { } timer } && timer == pipeline.Look) ? (WayOut.Alarm, null) : Stuck("it will never look again");
        if (pipeline.Brake is not null) yield return (WayOut.Person, null);
    }

    private static IEnumerable<(WayOut?, string?)> Of(EngineOnPaper engine, StreamId stream, ReportState report)
    {
        if (engine.Owed(stream) is not null) yield return (WayOut.Effect, null);
        else if (report.Pending.Count == 0) yield return (WayOut.Ended, null);
        else yield return report.Resting && engine.OnTheirWay.Any(o => o.To == stream && o.Input is ReportAgain again && again.Failures == report.Failures) ? (WayOut.Alarm, null) : Stuck("somebody is not told, and it is not tried again");
    }

    private static bool IsAlive(EngineOnPaper engine, RunId run) =>
        engine.Read<RunState>(RunDecider.StreamOf(run)) is { Closed: false } || IsOnItsWay<BeginRun>(engine, RunDecider.StreamOf(run));

    private static bool IsPromoting(EngineOnPaper engine, StreamId from, Promotion promotion, AppName target) =>
        engine.Read<AppState>(AppDecider.StreamOf(target)) is { } app && app.Candidates.Any(c => c.Origin?.Promotion == promotion.Id)
        || engine.OnTheirWay.Any(o => o.Input is ReceivePromotion offer && offer.Origin.Promotion == promotion.Id && o.To == AppDecider.StreamOf(target))
        || engine.OnTheirWay.Any(o => o.To == from && o.Input is PromotionTargetEnded ended && ended.Promotion == promotion.Id && ended.Target.App == target);

    private static bool IsOnItsWay<T>(EngineOnPaper engine, StreamId to) where T : Input => engine.OnTheirWay.Any(o => o.To == to && o.Input is T);

    private static (WayOut?, string?) Stuck(string why) => (null, why);
}
