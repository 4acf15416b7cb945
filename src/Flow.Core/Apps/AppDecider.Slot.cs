using Flow.Engine;
using Flow.Manifests;
using Flow.Releases;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Apps;

/// <summary>Who gets the slot, who waits for it, and who never will.</summary>
internal sealed partial class AppDecider
{
    private const int AsksAwaited = 20;

    /// <summary>Asked again and again while it waits: on record once.</summary>
    private Decision AskSlot(StreamId self, AppState app, RequestSlot asked, DateTimeOffset now) => app.Candidates.FirstOrDefault(c => c.Run == asked.Run) switch
    {
        null or { Leaving: true } => Decision.Nothing,
        { Ready: true } => Then(self, app, Decision.Nothing, now, asked.Run),
        _ => Then(self, app, Decision.Of(new SlotAsked(asked.Run, asked.Artifact, asked.Source?.Watched, asked.Source?.Needs)), now, asked.Run),
    };

    /// <summary>Before it is built: what the app cannot give, and what would change nothing, costs no build.</summary>
    private static Decision Check(AppState app, CheckManifest check)
    {
        if (app.Candidates.FirstOrDefault(c => c.Run == check.Run) is not { Leaving: false } run) return Decision.Nothing;
        if (ConfigLayers.Lacking(app, check.Source.Needs, TrustOf(run)) is { } lacking) return TurnAway(Decision.Nothing, run, lacking);
        // While others are under way nobody knows what will serve: it is asked again when the slot is free.
        return run.Automatic && app.Candidates.All(c => c.Run == run.Run || c.Leaving) && WhyNothingNew(app, check.Source.Watched) is { } reason ? Leave(Decision.Nothing, run, reason) : Decision.Nothing;
    }

    private static Trust TrustOf(Candidate run) => run.Artifact?.Trust ?? run.Revision?.Trust ?? Trust.Untrusted;

    private static string? WhyNothingNew(AppState app, string? watched) =>
        watched is not null && app.CurrentRelease is { } current && current.Watched == watched ? $"nothing that matters to this app has changed since v{current.Number}" : null;

    private static Decision TurnAway(Decision decided, Candidate run, string reason) =>
        decided.And(new CandidateLeaving(run.Run, reason)).Send(RunDecider.StreamOf(run.Run), new SlotRefused(reason));

    /// <summary>Whatever happened, the slot may now be free for somebody: one place decides who gets it.</summary>
    private Decision Then(StreamId self, AppState before, Decision decided, DateTimeOffset now, RunId? asked = null)
    {
        var app = After(before, decided);
        if (app.Slot is { } busy)
            return asked is { } waiting && waiting != busy ? Delay(decided, waiting, $"another change of the app: {busy}", "that run") : decided;

        foreach (var late in app.Candidates.Where(c => c is { Kind: RunKind.Deploy, Leaving: false } && c.Order < app.NewestGiven).ToList())
            decided = Leave(decided, late, $"superseded: a newer head (number {app.NewestGiven}) has been deployed");
        foreach (var orphan in app.Candidates.Where(c => c is { Ready: true, Leaving: false, Kind: RunKind.Config or RunKind.AddOn or RunKind.Restart or RunKind.Scale } && app.Current is null))
            decided = Leave(decided, orphan, "there is no release that it could change");
        app = After(before, decided);

        var ready = app.Candidates.Where(c => c is { Ready: true, Leaving: false }).ToList();
        if (app.Hold is { } hold)
        {
            foreach (var held in ready.Where(c => c.Automatic && c.Run == asked)) decided = Delay(decided, held.Run, $"on hold: {hold.Reason}", $"whoever resumes {self.Key}");
            // Only the newest will ever be deployed: a long hold must not gather hundreds that wait.
            if (ready.Where(c => c is { Kind: RunKind.Deploy, Automatic: true }).MaxBy(c => c.Order) is { } newest)
                foreach (var older in app.Candidates.Where(c => c is { Kind: RunKind.Deploy, Automatic: true, Leaving: false } && c.Order < newest.Order))
                    decided = Leave(decided, older, $"superseded by {newest.Run}, a newer head that waits");
            ready.RemoveAll(c => c.Automatic);
        }
        // Also while its run has only just begun, and has not asked yet; but one that never asks (it was cancelled, or could not begin) keeps nobody waiting for ever.
        if (app.Candidates.FirstOrDefault(c => c is { Kind: RunKind.Rollback, Leaving: false } and ({ Ready: true } or { Awaited: < AsksAwaited })) is { } back)
        {
            if (ready.Find(c => c.Run == asked && Priority(c.Kind) < Priority(RunKind.Rollback)) is { } other)
            {
                decided = Delay(decided, other.Run, $"a rollback goes first: {back.Run}", "that run");
                if (!back.Ready) decided = decided.And(new CandidateAwaited(back.Run));
            }
            ready.RemoveAll(c => Priority(c.Kind) < Priority(RunKind.Rollback));
        }
        if (app.Life == AppLife.Destroying) ready.RemoveAll(c => c.Kind != RunKind.Destroy || app.Candidates.Count > 1);
        if (ready.OrderByDescending(c => Priority(c.Kind)).ThenByDescending(c => c.Order).ThenBy(c => c.Run.Number).FirstOrDefault() is not { } chosen) return decided;

        if (chosen.Kind is RunKind.Deploy or RunKind.Promotion && ConfigLayers.Lacking(app, chosen.Needs, TrustOf(chosen)) is { } lacking) return Then(self, before, TurnAway(decided, chosen, lacking), now);
        if (chosen.Kind == RunKind.Deploy)
            foreach (var older in app.Candidates.Where(c => c is { Kind: RunKind.Deploy, Leaving: false } && c.Order < chosen.Order))
                decided = Leave(decided, older, $"superseded by {chosen.Run}, a newer head");
        // Only now: the older ones that it supersedes must not be deployed either.
        if (chosen is { Kind: RunKind.Deploy, Automatic: true } && WhyNothingNew(app, chosen.Watched) is { } nothing) return Then(self, before, Leave(decided, chosen, nothing), now);
        return Give(self, After(before, decided), chosen, decided, now);
    }

    private static int Priority(RunKind kind) => kind switch
    {
        RunKind.Destroy => 4,
        RunKind.Rollback => 3,
        RunKind.Promotion => 2,
        RunKind.Deploy => 0,
        _ => 1,
    };

    private static Decision Leave(Decision decided, Candidate run, string reason, bool gone = false) =>
        decided.And(new CandidateLeaving(run.Run, reason)).Send(RunDecider.StreamOf(run.Run), new CancelRun(reason, "Flow", gone));

    private static Decision Delay(Decision decided, RunId run, string reason, string owner) => decided.Send(RunDecider.StreamOf(run), new SlotDelayed(reason, owner));
}
