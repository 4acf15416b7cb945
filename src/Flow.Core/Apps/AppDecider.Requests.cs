using Flow.AddOns;
using Flow.Engine;
using Flow.Releases;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Apps;

/// <summary>What people ask of an app. What cannot be done is refused with its reason, never dropped.</summary>
internal sealed partial class AppDecider
{
    private const int MostProcesses = 100;
    private const int MostAttachments = 20;

    private static Decision Configure(StreamId self, AppState app, ChangeConfig change, DateTimeOffset now)
    {
        var values = new Dictionary<string, ConfigValue>(app.ConfigOf(app.Config));
        foreach (var (name, value) in change.Changes)
            if ((value ?? ConfigLayers.Below(app, name)) is { } counts) values[name] = counts;
            else values.Remove(name);
        // The stage and the manifest have limits of their own, and fill nobody else's.
        var size = ConfigSize.Of(values.Where(v => v.Value.Origin == ConfigOrigin.Person));
        if (size > ConfigSize.Most) return Refused("change the config", $"it would have {size} characters, the limit is {ConfigSize.Most}", "config-too-large", now);

        var version = NextConfig(app);
        var changed = Decision.Of(new ConfigChanged(new(version, values, change.By, now)));
        return TakeUp(self, app, changed, new() { Run = NextRun(self, app), Kind = RunKind.Config, Config = version }, Plans.Activate(app.Policy!, RunKind.Config, app.CurrentRelease?.Artifact, change.By), now);
    }

    /// <summary>Never the number of one that was forgotten: a release that failed may name it.</summary>
    private static int NextConfig(AppState app) => app.Configs.Select(c => c.Version).Concat(app.Releases.Select(r => r.Config)).DefaultIfEmpty().Max() + 1;

    /// <summary>Credentials are asked for at each start, so a start is all it takes. (Heroku: an add-on's own change of its config vars is a release without release phase.)</summary>
    private static Decision Rebind(StreamId self, AppState app, AddOnChanged changed, DateTimeOffset now)
    {
        if (app.Ledger.All(r => r.Kind != ResourceKind.AddOn || r.Name != changed.Name)) return Refused($"renew add-on '{HostileText.Shown(changed.Name)}' of {self.Key}", "it has none of that name", "addon-unknown", now);
        var artifact = app.CurrentRelease?.Artifact;
        var plan = changed.Rotate ? Plans.Rotate(app.Policy!, artifact, changed.Name, changed.By) : Plans.Renew(app.Policy!, RunKind.AddOn, artifact, changed.By);
        return TakeUp(self, app, Decision.Nothing, new() { Run = NextRun(self, app), Kind = RunKind.AddOn }, plan, now);
    }

    private static Decision Attach(StreamId self, AppState app, AttachAddOn attach, DateTimeOffset now)
    {
        var wanted = attach.Attachment;
        if (app.Attachments.Any(a => a == wanted)) return Decision.Nothing.Reply(Answer.Ok(remark: "It is attached already."));
        var (taken, most) = (app.Attachments.Any(a => a.Name == wanted.Name) || AddOnWishes.Of(app.Policy!, app.ManifestOf(app.CurrentRelease)).Any(w => w.As == wanted.Name), app.Attachments.Count >= MostAttachments);
        if (taken || most) return Refused($"attach {wanted.Id} to {self.Key}", taken ? $"it has an add-on named {wanted.Name}" : $"it has {MostAttachments} attachments", "attachment-refused", now);
        return Reattach(self, app, new AddOnAttached(wanted, attach.By), attach.By, now);
    }

    private static Decision Detach(StreamId self, AppState app, DetachAddOn detach, DateTimeOffset now) => app.Attachments.All(a => a.Name != detach.Name)
        ? Refused($"detach '{HostileText.Shown(detach.Name)}' from {self.Key}", "it has no attachment of that name", "attachment-unknown", now)
        : Reattach(self, app, new AddOnDetached(detach.Name, detach.By), detach.By, now);

    /// <summary>What the app sees has changed: a release, with release phase. (Heroku: a new add-on.)</summary>
    private static Decision Reattach(StreamId self, AppState app, AppEvent changed, string by, DateTimeOffset now) =>
        TakeUp(self, app, Decision.Of(changed), new() { Run = NextRun(self, app), Kind = RunKind.Config }, Plans.Activate(app.Policy!, RunKind.Config, app.CurrentRelease?.Artifact, by), now);

    /// <summary>By a run of its own, also while a release is being made: that one does not have it.</summary>
    private static Decision TakeUp(StreamId self, AppState app, Decision changed, Candidate run, Plan plan, DateTimeOffset now) => app is { CurrentRelease: null, Slot: null }
        ? changed.Reply(Answer.Ok(remark: "Taken up by the first release."))
        : changed.And(Start(run, plan with { Revision = app.CurrentRelease?.Revision }, now)).Reply(Answer.Ok(run.Run));

    /// <summary>Asked of the app in whose stage the release was proven; each target answers for itself.</summary>
    private static Decision Promote(StreamId self, AppState app, RequestPromotion asked, DateTimeOffset now)
    {
        if (app.Promotions.Any(p => p.Id == asked.Id)) return Decision.Nothing.Reply(Answer.Ok(remark: asked.Id));
        if ((asked.Release ?? app.Current) is not { } number) return Refuse("it has no release");
        if (app.FindRelease(number) is not { } release) return Refuse($"there is no v{number}");
        if (!release.Eligible) return Refuse($"v{number} is {release.State.ToString().ToLowerInvariant()}");
        if (release.Artifact.Trust != Trust.Trusted) return Refuse($"nobody vouches for the code of v{number}");
        if (asked.Targets.Count == 0) return Refuse("there is no app in a later stage");
        if (asked.Targets.Contains(NameOf(self))) return Refuse("it cannot be promoted to itself");

        var promotion = new Promotion
        {
            Id = asked.Id,
            Release = number,
            Artifact = release.Artifact.Digest,
            By = asked.By,
            At = now,
            Targets = [.. asked.Targets.Distinct().Select(t => new PromotionTarget(t, PromotionState.Pending))],
        };
        var said = app.VersionOf(release);
        var offer = new ReceivePromotion(new(asked.Id, NameOf(self), number), app.Policy!.Pipeline, app.Policy.Stage, release.Artifact, release.Revision, asked.By, release.Watched);
        ReceivePromotion OfferTo(AppName target) => said is null ? offer
            : offer with { Needs = new(said.Id[..said.Id.LastIndexOf('/')], said.Manifest, said.Later, asked.Generated?.GetValueOrDefault(target.ToString())) };
        return promotion.Targets.Aggregate(Decision.Of(new PromotionBegun(promotion)), (told, t) => told.Send(StreamOf(t.App), OfferTo(t.App))).Reply(Answer.Ok(remark: asked.Id));

        Decision Refuse(string reason) => Refused($"promote {self.Key}", reason, "promotion-refused", now);
    }

    private static Decision Receive(StreamId self, AppState app, ReceivePromotion offer, DateTimeOffset now)
    {
        // A promotion's id may be somebody's request key, and that is unique for one app only.
        bool Same(PromotionOrigin? known) => known?.Promotion == offer.Origin.Promotion && known.From == offer.Origin.From;
        if (app.Candidates.Any(c => Same(c.Origin)) || app.Releases.Any(r => Same(r.Origin)) || app.Received.Any(Same)) return Decision.Nothing;
        if (app.Life != AppLife.Active) return Refuse("there is no such app");
        if (app.Policy!.Pipeline != offer.Pipeline) return Refuse($"it belongs to pipeline {app.Policy.Pipeline}, the release to {offer.Pipeline}");
        if (app.Policy.Stage <= offer.FromStage) return Refuse($"{app.Policy.Stage} does not come after {offer.FromStage}");
        var run = NextRun(self, app);
        return Start(new() { Run = run, Kind = RunKind.Promotion, Artifact = offer.Artifact, Revision = offer.Revision, Origin = offer.Origin, Watched = offer.Watched, Needs = offer.Needs?.For(app.Policy.Stage) },
            Plans.Promote(app.Policy, offer.Artifact, offer.By) with { Revision = offer.Revision }, now);

        Decision Refuse(string reason) => Decision.Of(new RequestRefused(new($"take v{offer.Origin.Release} of {offer.Origin.From}", reason, now)))
            .Send(StreamOf(offer.Origin.From), new PromotionTargetEnded(offer.Origin.Promotion, new(NameOf(self), PromotionState.Failed, Reason: reason)));
    }

    /// <summary>
    /// A new release of an older artifact with its config. Cancels the change in progress, waits until its work has stopped, goes first, and keeps
    /// automatic deployments back until somebody resumes. (Heroku: rollback appends.)
    /// </summary>
    private static Decision Rollback(StreamId self, AppState app, RequestRollback asked, DateTimeOffset now)
    {
        if (app.Current is not { } current) return Refuse("it has no release");
        var old = asked.ToRelease is { } number ? app.FindRelease(number) : app.Releases.LastOrDefault(r => r.Eligible && r.Number < current);
        if (old is null) return Refuse(asked.ToRelease is { } missing ? $"there is no v{missing}" : $"there is no older release than v{current} to go back to");
        if (!old.Eligible) return Refuse($"v{old.Number} is {old.State.ToString().ToLowerInvariant()}");

        var run = NextRun(self, app);
        var decision = Decision.Of(new Held(new($"rolled back to v{old.Number}", asked.By, now)))
            .And(Start(new() { Run = run, Kind = RunKind.Rollback, Artifact = old.Artifact, Revision = old.Revision, Config = old.Config, BackTo = old.Number, Watched = old.Watched },
                Plans.Activate(app.Policy!, RunKind.Rollback, old.Artifact, asked.By) with { Revision = old.Revision }, now));
        // Also config that waits to be released: going back to older config is the newer wish.
        foreach (var change in app.Candidates.Where(c => !c.Leaving && (c.Run == app.Slot || c.Kind == RunKind.Config)))
            decision = Leave(decision, change, $"a rollback to v{old.Number} was asked for");
        return decision.Reply(Answer.Ok(run));

        Decision Refuse(string reason) => Refused($"roll back {self.Key}", reason, "rollback-refused", now);
    }

    private static Decision Scale(StreamId self, AppState app, ScaleProcesses scale, DateTimeOffset now)
    {
        if (scale.Quantities.FirstOrDefault(q => q.Value is < 0 or > MostProcesses) is { Key: { } much }) return Refuse($"{much} must be between 0 and {MostProcesses}");
        if (app.CurrentRelease is { Artifact.ProcessTypes: { } types } current && scale.Quantities.Keys.FirstOrDefault(t => t == ProcessTypes.Release || !types.ContainsKey(t)) is { } unknown)
            return Refuse($"v{current.Number} has no process type '{unknown}', it has {string.Join(", ", types.Keys.Where(t => t != ProcessTypes.Release).Order(StringComparer.Ordinal))}");
        return TakeUp(self, app, Decision.Of(new FormationChanged(scale.Quantities, scale.By)), new() { Run = NextRun(self, app), Kind = RunKind.Scale }, Plans.Scale(app.Policy!, app.CurrentRelease?.Artifact, scale.By), now);

        Decision Refuse(string reason) => Refused($"scale {self.Key}", reason, "scale-refused", now);
    }

    private static Decision Restart(StreamId self, AppState app, RestartProcesses restart, DateTimeOffset now)
    {
        if (app.CurrentRelease is not { } current) return Refused($"restart {self.Key}", "it has no release", "restart-refused", now);
        var run = NextRun(self, app);
        return Start(new() { Run = run, Kind = RunKind.Restart }, Plans.Renew(app.Policy!, RunKind.Restart, current.Artifact, restart.By) with { Revision = current.Revision }, now).Reply(Answer.Ok(run));
    }

    private static Decision Command(StreamId self, AppState app, RunCommand command, DateTimeOffset now)
    {
        if (app.CurrentRelease is not { } current) return Refused($"run a command in {self.Key}", "it has no release", "command-refused", now);
        var run = NextRun(self, app);
        // Beside the app: it never asks for the slot, so it is granted the current release's config with its plan.
        return Start(new() { Run = run, Kind = RunKind.Command, Artifact = current.Artifact, Config = current.Config },
            Plans.Command(app.Policy!, current.Artifact, command.Command, command.Timeout, command.By) with { Revision = current.Revision, Grant = Grant(app, current, current.Artifact, app.ManifestOf(current)) }, now).Reply(Answer.Ok(run));
    }
}
