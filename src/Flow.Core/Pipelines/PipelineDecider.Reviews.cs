using Flow.Apps;
using Flow.Engine;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Pipelines;

/// <summary>Which proposals have apps: one place decides it, whatever has happened.</summary>
internal sealed partial class PipelineDecider
{
    /// <summary>The oldest proposals first: once one waits for room, nobody behind it is let in.</summary>
    private static void Settle(Draft draft, DateTimeOffset now)
    {
        var declared = draft.Declared;
        if (declared.Definition.ReviewApps is not { } policy) return;
        var approved = draft.State.Approved.ToHashSet();
        var alive = ReviewAdmission.Alive(draft.State);
        var full = false;
        foreach (var key in draft.State.Proposals.OrderBy(p => p.Value.Opened).ThenBy(p => p.Value.Order).Select(p => p.Key).ToList())
        {
            var seen = draft.State.Proposals[key];
            // Perhaps it is closed: nothing new until it is seen again.
            if (seen.Missing > 0) continue;
            if (ReviewAdmission.Unlabelled(policy, seen) is { } evidence)
            {
                TearDown(draft, key, evidence, "Flow", now);
                seen = draft.State.Proposals[key];
            }
            var named = ReviewAdmission.TryName(declared.Definition, key, out var name, out var unnamed);
            var room = !full && (policy.MaxAlive is not { } most || alive.Count + (alive.Contains(name) ? 0 : 1) <= most);
            var waits = ReviewAdmission.Of(declared, approved, seen, named, room);
            if (waits == ReviewAppWait.Room) full = true;
            if (waits != seen.Waits) draft.Happens(new ReviewAppWaits(key, waits, now));
            Mind(draft, $"proposal {key}", waits switch
            {
                ReviewAppWait.Isolation or ReviewAppWait.Approval => ReviewReasons.Unvouched(declared, seen.Proposal.Head),
                ReviewAppWait.Name => unnamed,
                _ => null,
            });
            if (waits is not null || (seen.App is not null && seen.Told >= seen.Order)) continue;
            Tell(draft, key, ReviewAdmission.Vouched(declared, approved, seen.Proposal.Head)!, name, now);
            alive.Add(seen.App ?? name);
        }
    }

    /// <summary>The app comes to life when it has none, and hears of the head.</summary>
    private static void Tell(Draft draft, string key, Revision head, AppName name, DateTimeOffset now)
    {
        var seen = draft.State.Proposals[key];
        var by = seen.App is null ? seen.Wanted : null;
        if (seen.App is null)
        {
            // To the name of an app that was told to go, what was observed before that is old: the head is observed once more.
            if (seen.Order <= seen.GoneAt) draft.Happens(new ProposalSeen(seen.Proposal, draft.NextOrder));
            seen = draft.State.Proposals[key];
            draft.Send(AppDecider.StreamOf(name), new DefineApp(Policies.OfReview(draft.State, seen.Proposal), seen.Order, Readable(seen, name), draft.State.Policies));
        }
        else name = seen.App.Value;
        draft.Happens(new ReviewAppTold(key, name, seen.Order, now));
        draft.Send(AppDecider.StreamOf(name), new HeadObserved(seen.Order, head, by, new(draft.Definition.Name, key)));
    }

    /// <summary>Secrets that were given for another name are lost with it: without them the app can say what it lacks, with them it could not even start.</summary>
    private static IReadOnlyDictionary<string, ConfigValue>? Readable(ObservedProposal seen, AppName name) =>
        seen.ConfigFor is not { } bound || bound == name ? seen.Config : seen.Config?.Where(v => !v.Value.IsSecret).ToDictionary();

    /// <summary>Until the app says that nothing is left of it, it counts, and is on show.</summary>
    private static void TearDown(Draft draft, string key, string evidence, string by, DateTimeOffset now)
    {
        if (draft.State.Proposals.GetValueOrDefault(key)?.App is not { } app) return;
        draft.Happens(new ReviewAppLeaving(new(key, app, evidence, now) { SeenUntil = draft.State.Order }));
        draft.Send(AppDecider.StreamOf(app), new DestroyApp($"proposal {key}: {evidence}", by, new(draft.Definition.Name, key), draft.State.Order));
    }

    private Decision Ended(PipelineState pipeline, ReviewAppGone gone, DateTimeOffset now)
    {
        var draft = new Draft(this, pipeline);
        var told = pipeline.Teardowns.TryGetValue(gone.App.ToString(), out var teardown) && gone.SeenUntil >= teardown.SeenUntil;
        if (told) draft.Happens(new ReviewAppEnded(gone.App, now));
        // What was told of heads after that is another life, and goes on.
        if (!gone.Read && pipeline.Proposals.GetValueOrDefault(gone.Key) is { App: { } app, Told: var newest } && app == gone.App && gone.SeenUntil >= newest)
        {
            // Somebody has destroyed it past its pipeline. Told to go once more, in case that it was born again meanwhile.
            TearDown(draft, gone.Key, "somebody destroyed it by hand", "Flow", now);
            draft.Happens(new ReviewAppPutAway(gone.Key, new(ReviewAppAbsence.Dismissed, "whoever destroyed the app", now)));
        }
        else if (!told) return Decision.Nothing;
        Settle(draft, now);
        return draft.Done();
    }

    private Decision Want(PipelineState pipeline, WantReviewApp want, DateTimeOffset now)
    {
        if (Off(pipeline) is { } off) return off;
        if (!pipeline.Proposals.TryGetValue(want.Key, out var seen)) return Unknown(pipeline, want.Key);
        if (Renamed(pipeline, want.Key, want.App) is { } renamed) return renamed;
        if (seen.App is not null && seen.Wanted is not null) return Decision.Nothing.Reply(There(want.Config));
        return Wanted(pipeline, want.Key, seen.App is null ? want.Config : null, want.By, now, seen.App is null ? null : There(want.Config));
    }

    private Decision Wanted(PipelineState pipeline, string key, IReadOnlyDictionary<string, ConfigValue>? config, string by, DateTimeOffset now, Answer? answer = null)
    {
        var draft = new Draft(this, pipeline);
        var seen = pipeline.Proposals[key];
        // Asked again while it waits: the same request, unless it brings other config.
        if (seen.Wanted is null || seen.Away is not null || config is not null) draft.Happens(new ReviewAppWanted(key, config, by));
        Settle(draft, now);
        return draft.Done().Reply(answer ?? Answer.Ok(remark: new ReviewReasons(draft.State).Of(key)));
    }

    private static Answer There(IReadOnlyDictionary<string, ConfigValue>? config) =>
        Answer.Ok(remark: config is { Count: > 0 } ? "It is there already, and keeps the config that it has: change that with IApps.SetConfigAsync." : "It is there already.");

    private Decision Dismiss(PipelineState pipeline, DismissReviewApp dismiss, DateTimeOffset now)
    {
        var draft = new Draft(this, pipeline);
        if (pipeline.WantedBranches.ContainsKey(dismiss.Key))
        {
            if (pipeline.Proposals.ContainsKey(dismiss.Key)) Gone(draft, dismiss.Key, $"asked for by {dismiss.By}", now, dismiss.By);
            else draft.Happens(new BranchUnwanted(dismiss.Key, $"asked for by {dismiss.By}"));
        }
        else if (pipeline.Proposals.TryGetValue(dismiss.Key, out var seen))
        {
            if (seen is { App: null, Away.For: ReviewAppAbsence.Dismissed }) return Decision.Nothing.Reply(Answer.Ok(remark: "It is away already."));
            TearDown(draft, dismiss.Key, $"asked for by {dismiss.By}", dismiss.By, now);
            draft.Happens(new ReviewAppPutAway(dismiss.Key, new(ReviewAppAbsence.Dismissed, dismiss.By, now)));
        }
        else return pipeline.Teardowns.Values.Any(t => t.Key == dismiss.Key) ? Decision.Nothing.Reply(Answer.Ok(remark: "It is being torn down already.")) : Unknown(pipeline, dismiss.Key);
        Settle(draft, now);
        return draft.Done().Reply(Answer.Ok());
    }

    private static Decision Pin(PipelineState pipeline, PinReviewApp pin)
    {
        if (!pipeline.Proposals.TryGetValue(pin.Key, out var seen)) return Unknown(pipeline, pin.Key);
        return (pin.Pinned == seen.Pinned is not null ? Decision.Nothing : Decision.Of(new ReviewAppPinned(pin.Key, pin.Pinned ? pin.By : null))).Reply(Answer.Ok());
    }

    private static Decision? Off(PipelineState pipeline) => pipeline.Declared!.Definition.ReviewApps is not null ? null
        : Decision.Refuse("review-apps-off", $"Pipeline {pipeline.Declared.Definition.Name} has no review apps: declare ReviewApps.");

    private static Decision Unknown(PipelineState pipeline, string key) =>
        Decision.Refuse("review-app-unknown", $"Pipeline {pipeline.Declared!.Definition.Name} knows no open proposal '{HostileText.Shown(key)}'.");

    /// <summary>Config's secrets are bound to the name that the app was to have.</summary>
    private static Decision? Renamed(PipelineState pipeline, string key, AppName expected)
    {
        var named = ReviewAdmission.TryName(pipeline.Declared!.Definition, key, out var name, out _);
        var app = pipeline.Proposals.GetValueOrDefault(key)?.App ?? (named ? name : expected);
        return app == expected ? null : Decision.Refuse("review-app-renamed", $"The app would be called {app} now, and not {expected}: ask again.");
    }
}
