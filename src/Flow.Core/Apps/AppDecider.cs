using Flow.AddOns;
using Flow.Builds;
using Flow.Engine;
using Flow.Manifests;
using Flow.Releases;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Apps;

/// <summary>Looks whether the current release really runs: machines restart, supervisors are killed.</summary>
internal sealed record LookAtDeployment(AppName App, DeploymentId Deployment, int Release) : Effect($"{App}/inspect/{Deployment}");

/// <summary>
/// An app has many candidates and one change at a time: it hands out its slot, runs do the work. A rollback goes first, then a promotion, then what
/// people asked for, then the newest head, which supersedes only older ones by order of observation.
/// </summary>
internal sealed partial class AppDecider : Decider<AppState, AppInput, AppEvent>
{
    public const string Kind = "app";
    private static readonly TimeSpan InspectLater = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan InspectAgain = TimeSpan.FromSeconds(30);
    private const int AsksAwaited = 20;

    public static StreamId StreamOf(AppName app) => new(Kind, app.ToString());
    private static AppName NameOf(StreamId self) => AppName.Parse(self.Key);

    public override AppState Initial { get; } = new();

    public override Effect? Next(StreamId self, AppState app) =>
        app is { InspectionWanted: true, Life: AppLife.Active, Slot: null, CurrentRelease: { } current } ? new LookAtDeployment(NameOf(self), current.Deployment, current.Number) : null;

    public override Decision Decide(StreamId self, AppState app, AppInput input, DateTimeOffset now) => Answered(self, app, input, Decided(self, app, input, now));

    /// <summary>A pipeline that wants an app gone counts it until it hears the end: also when there was nothing of its own to destroy.</summary>
    private Decision Answered(StreamId self, AppState app, AppInput input, Decision decided) =>
        input is DestroyApp { Owner: { Proposal: { } key } owner } && After(app, decided).Life != AppLife.Destroying
            ? decided.Send(Pipelines.PipelineDecider.StreamOf(owner.Pipeline), new Pipelines.ReviewAppGone(key, NameOf(self), Read: true, SeenUntil: ((DestroyApp)input).SeenUntil ?? 0)) : decided;

    private Decision Decided(StreamId self, AppState app, AppInput input, DateTimeOffset now) => input switch
    {
        DestroyApp { SeenUntil: { } until } when Math.Max(app.NewestSeen, app.Rebirth?.Order ?? 0) > until => Decision.Nothing,
        DefineApp { SeenUntil: { } until } when app.Life is AppLife.Destroying or AppLife.Destroyed && until <= app.GoneUntil => Decision.Nothing,
        DefineApp define => Define(self, app, define, now),
        HeadObserved { Owner: { } owner } head when !IsOf(app, owner) => Refused($"deploy {head.Revision.Sha.Short} of {Named(owner)}", $"{self.Key} belongs to {Named(OwnerOf(app))}", "app-taken", now),
        DestroyApp { Owner: { } owner } when !IsOf(app, owner) => Refused($"destroy {self.Key} for {Named(owner)}", $"it belongs to {Named(OwnerOf(app))}", "app-taken", now),
        RunEnded ended => End(self, app, ended, now),
        PromotionTargetEnded ended when app.Promotions.Any(p => p.Id == ended.Promotion) => Decision.Of(new PromotionTargetSettled(ended.Promotion, ended.Target)),
        ReceivePromotion received => Receive(self, app, received, now),
        HeadObserved head when app.Life == AppLife.Destroying && app.Rebirth is { } rebirth && head.Order > rebirth.Order =>
            Unvouched(rebirth.Policy, head.Revision, now) ?? Decision.Of(new AppRebirthPlanned(rebirth with { Order = head.Order, Head = head.Revision })),
        DestroyApp destroy when app is { Life: AppLife.Destroying, Rebirth: not null } => Decision.Of(new AppRebirthPlanned(null)).And(Unwanted(app, destroy)).Reply(Answer.Ok()),
        DestroyApp { SeenUntil: { } until } destroy when app.Life is AppLife.Destroying or AppLife.Destroyed && until > app.GoneUntil => Decision.Of(Unwanted(app, destroy)),
        RequestSlot asked => AskSlot(self, app, asked, now),
        CheckManifest check => Check(app, check),
        RewrapConfig rewrap => Rewrap(app, rewrap),
        // Told of a head, the pipeline's app should be there: somebody destroyed it past its pipeline.
        HeadObserved { Owner: { Proposal: { } key } owner } head when app is { Life: not AppLife.Active, Rebirth: null } && head.Order > SeenUntil(app) && app.Policy is not null => Unheard(self, app, key, owner, head),
        _ when app.Life != AppLife.Active => Decision.Refuse("app-not-active", $"There is no app {self.Key}{(app.Life == AppLife.None ? "" : $": it is {(app.Life == AppLife.Destroyed ? "destroyed" : "being destroyed")}")}."),

        HeadObserved head => Observe(self, app, head, now),
        ChangeConfig change => Configure(self, app, change, now),
        RequestPromotion promote => Promote(self, app, promote, now),
        RequestRollback rollback => Rollback(self, app, rollback, now),
        HoldDeployments hold => Decision.Of(new Held(new(hold.Reason, hold.By, now))).Reply(Answer.Ok()),
        ResumeDeployments resume => app.Hold is null
            ? Decision.Nothing.Reply(Answer.Ok(remark: "Nothing was on hold."))
            : Then(self, app, Decision.Of(new Resumed(resume.By)), now).Reply(Answer.Ok()),
        ScaleProcesses scale => Scale(self, app, scale, now),
        RestartProcesses restart => Restart(self, app, restart, now),
        RunCommand command => Command(self, app, command, now),
        AttachAddOn attach => Attach(self, app, attach, now),
        DetachAddOn detach => app.Attachments.All(a => a.Name != detach.Name)
            ? Refused($"detach '{Names.Shown(detach.Name)}' from {self.Key}", "it has no attachment of that name", "attachment-unknown", now)
            : Renew(self, app, Decision.Of(new AddOnDetached(detach.Name, detach.By)), detach.By, now),
        AddOnChanged changed => Rebind(self, app, changed, now),
        DestroyApp destroy => Destroy(self, app, destroy, now),
        ChecksChanged checks => app.Candidates.Where(c => c.Revision?.Sha == checks.Commit)
            .Aggregate(Decision.Nothing, (told, c) => told.Send(RunDecider.StreamOf(c.Run), new LookAgain(null))),
        InspectApp => app.InspectionWanted || app is { Current: null, Slot: null } ? Decision.Nothing : Decision.Of(new InspectionWanted()),
        AppInspected seen => Inspected(self, app, seen, now),
        _ => Decision.Nothing,
    };

    private static Decision Define(StreamId self, AppState app, DefineApp define, DateTimeOffset now) => app.Life switch
    {
        AppLife.Active when !IsOf(app, OwnerOf(define.Policy)) => Refused($"declare {self.Key} for {Named(OwnerOf(define.Policy))}", $"it belongs to {Named(OwnerOf(app))}", "app-taken", now),
        AppLife.Destroying when app.Rebirth is not null && !IsOf(app, OwnerOf(define.Policy)) => Refused($"declare {self.Key} for {Named(OwnerOf(define.Policy))}", $"{Named(OwnerOf(app))} gets it", "app-taken", now),
        AppLife.Active => app.Policy!.Fingerprint == define.Policy.Fingerprint || define.Version < app.PolicyVersion ? Decision.Nothing : Decision.Of(new AppPolicyChanged(define.Policy, define.Version)),
        AppLife.Destroying when define.Version < app.Rebirth?.PolicyVersion => Decision.Nothing,
        AppLife.Destroying => Decision.Of(new AppRebirthPlanned(new(define.Policy, app.Rebirth?.Order ?? 0, app.Rebirth?.Head, define.Config ?? app.Rebirth?.Config) { PolicyVersion = define.Version })),
        _ => Born(app, define.Policy, now, define.Config, define.Version),
    };

    private static AppOwner OwnerOf(AppPolicy policy) => new(policy.Pipeline, policy.Proposal);
    private static AppOwner OwnerOf(AppState app) => OwnerOf((app.Rebirth?.Policy ?? app.Policy)!);
    private static bool IsOf(AppState app, AppOwner owner) => app.Life is AppLife.None or AppLife.Destroyed || OwnerOf(app) == owner;
    private static string Named(AppOwner owner) => $"pipeline {owner.Pipeline}{(owner.Proposal is { } proposal ? $", proposal {proposal}" : "")}";

    /// <summary>Whoever was told of more than this is another life.</summary>
    private static long SeenUntil(AppState app) => Math.Max(app.NewestSeen, app.GoneUntil);

    /// <summary>Going, its end will say so; gone, this says so.</summary>
    private static Decision Unheard(StreamId self, AppState app, string key, AppOwner owner, HeadObserved head)
    {
        var unheard = Decision.Of(new AppUnwanted(head.Order));
        return app.Life == AppLife.Destroying ? unheard : unheard.Send(Pipelines.PipelineDecider.StreamOf(owner.Pipeline), new Pipelines.ReviewAppGone(key, NameOf(self), SeenUntil: head.Order));
    }

    private static AppUnwanted Unwanted(AppState app, DestroyApp destroy) => new(Math.Max(app.GoneUntil, destroy.SeenUntil ?? app.Rebirth?.Order ?? 0));

    private static Decision Born(AppState app, AppPolicy policy, DateTimeOffset now, IReadOnlyDictionary<string, ConfigValue>? given = null, long version = 0)
    {
        var born = Decision.Of(new AppCreated(policy, app.Generation + 1, now, version));
        var config = policy.Config.ToDictionary(v => v.Key, v => new ConfigValue(v.Value, null, ConfigOrigin.Declaration));
        foreach (var (name, value) in given ?? ConfigVersion.Empty) config[name] = value;
        return config.Count == 0 ? born : born.And(new ConfigChanged(new(1, config, policy.Pipeline.ToString(), now)));
    }

    private static Decision Observe(StreamId self, AppState app, HeadObserved head, DateTimeOffset now)
    {
        if (head.Order <= app.NewestSeen) return Decision.Nothing;            // seen already, or older
        if (Unvouched(app.Policy!, head.Revision, now) is { } refused) return refused;
        var run = NextRun(self, app);
        return Start(new Candidate { Run = run, Kind = RunKind.Deploy, Order = head.Order, Automatic = head.By is null, Revision = head.Revision }, Plans.Deploy(app.Policy!, head.Revision, head.By), now)
            .Reply(Answer.Ok(run));
    }

    /// <summary>Whatever life the app is in, or is to have.</summary>
    private static Decision? Unvouched(AppPolicy policy, Revision code, DateTimeOffset now) => code.Trust switch
    {
        Trust.Trusted => null,
        Trust.Approved when policy.Stage <= Stage.Review => null,
        Trust.Approved => Refused($"deploy {code.Sha.Short}", $"nobody vouches for this code, and {policy.Stage} is permanent", "untrusted", now),
        _ => Refused($"deploy {code.Sha.Short}", "nobody vouches for this code", "untrusted", now),
    };

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

    /// <summary>One commit: the slot, the release with its number, and the intent of everything the run may create.</summary>
    private Decision Give(StreamId self, AppState before, Candidate chosen, Decision decided, DateTimeOffset now)
    {
        var (app, name) = (before, NameOf(self));
        var current = app.CurrentRelease;
        // These follow the present release, which may have changed since they were asked for: never old code after new.
        var follows = chosen.Kind is RunKind.Config or RunKind.AddOn or RunKind.Restart or RunKind.Scale;
        // A teardown is given what serves, for the script that goes before it.
        var artifact = follows || chosen.Kind == RunKind.Destroy ? current?.Artifact : chosen.Artifact;
        var said = chosen.Kind is RunKind.Deploy or RunKind.Promotion ? VersionOf(app, chosen.Needs)
            : app.VersionOf(chosen.Kind == RunKind.Rollback ? app.FindRelease(chosen.BackTo ?? 0) : current);
        // Scaling changes the processes that serve; a teardown starts none; everything else starts new ones beside them.
        DeploymentId? started = chosen.Kind is RunKind.Destroy or RunKind.Scale ? null : new(name, app.Generation, app.Deployments + 1);
        var given = Decision.Of(new SlotGiven(chosen.Run, started));
        IReadOnlyList<string> notes = [];
        if (chosen.Kind is RunKind.Deploy or RunKind.Promotion)
        {
            (var config, _, notes) = ConfigLayers.Merge(app, chosen.Needs);
            if (!config.ToHashSet().SetEquals(app.ConfigOf(app.Config))) given = given.And(new ConfigChanged(new(NextConfig(app), config, "app.json", now) { Over = app.Config }));
            notes = [.. notes, .. AddOnNotes(app, said?.Manifest), .. AddOnWishes.Notes(app.Policy!, said?.Manifest), .. TypeNotes(artifact!, said?.Manifest)];
            app = After(app, given);
        }
        var wishes = AddOnWishes.Of(app.Policy!, said?.Manifest);
        if (started is { } processes) given = given.And(new ResourcesIntended(Intents(app, name, wishes, processes)));
        var owned = Bound(After(app, given), wishes);
        if (chosen.Kind is RunKind.Deploy or RunKind.Promotion or RunKind.Rollback or RunKind.Config or RunKind.AddOn)
            given = given.And(new ReleaseCreated(new()
            {
                Number = (app.Releases is [.., var last] ? last.Number : 0) + 1,
                State = ReleaseState.Pending,
                Run = chosen.Run,
                Kind = chosen.Kind,
                Artifact = artifact!,
                Config = chosen.Kind == RunKind.Config ? Math.Max(chosen.Config ?? 0, app.Config) : chosen.Config ?? app.Config,
                Manifest = said?.Id,
                Watched = follows ? current?.Watched : chosen.Watched,
                AddOns = [.. owned.Where(r => r.Kind == ResourceKind.AddOn).Select(r => new AddOnReference(r.Name!, r.Id)), .. app.Attachments.Select(a => new AddOnReference(a.Name, a.Id))],
                Notes = notes,
                Revision = follows ? current?.Revision : chosen.Revision,
                Origin = chosen.Origin,
                Deployment = started!.Value,
                CreatedAt = now,
            }, said));

        app = After(before, given);
        var release = PendingRelease(app, chosen) ?? current;
        return decided.And(given).Send(RunDecider.StreamOf(chosen.Run), new SlotGranted(Grant(app, release, artifact, said?.Manifest) with
        {
            Ledger = chosen.Kind == RunKind.Destroy ? app.Ledger : owned,
            Artifact = follows || chosen.Kind == RunKind.Destroy ? artifact : null,
            Revision = follows || chosen.Kind == RunKind.Destroy ? current?.Revision : null,
            AddOns = wishes,
            Attachments = app.Attachments,
            // What was wished for and never made is torn down too, and the last script cannot use it.
            Uses = chosen.Kind == RunKind.Destroy ? [.. (current?.AddOns ?? []).Select(a => a.Id)] : null,
            Notes = notes,
            Deployment = chosen.Kind == RunKind.Scale ? current?.Deployment : started,
            Previous = chosen.Kind == RunKind.Scale ? null : current?.Deployment,
            PreviousEndpoints = current?.Endpoints ?? [],
        }));
    }

    private static SlotGrant Grant(AppState app, Release? release, Artifact? artifact, AppManifest? manifest) => new()
    {
        Manifest = manifest,
        SetUp = app.SetUp,
        Release = release?.Number,
        Config = ConfigLayers.For(artifact?.Trust, app.Policy!, app.ConfigOf(release?.Config ?? app.Config), manifest),
        Quantities = artifact is null ? new Dictionary<string, int>() : artifact.ProcessTypes.Keys.Where(t => t != ProcessTypes.Release).ToDictionary(t => t, t => app.Quantity(t, manifest)),
        Ledger = Bound(app, AddOnWishes.Of(app.Policy!, manifest)),
        Generation = app.Generation,
        Turn = app.Turns,
    };

    private static ManifestVersion? VersionOf(AppState app, Requirements? needs) => needs is null ? null : new($"{needs.Id}/{app.Policy!.Stage}".ToLowerInvariant(), needs.Manifest, needs.Later);

    /// <summary>Nothing is taken from an app by a line that is missing: its data would go with it.</summary>
    private static IEnumerable<string> AddOnNotes(AppState app, AppManifest? manifest)
    {
        var wishes = AddOnWishes.Of(app.Policy!, manifest);
        var wanted = wishes.Select(w => w.Name).ToHashSet();
        return app.Ledger.Where(r => r.Kind == ResourceKind.AddOn && !wanted.Contains(r.Name!)).Select(r => $"Add-on {r.Name} is not declared any more; it stays until the app is destroyed.")
            .Concat(wishes.Where(w => app.Ledger.Any(r => Serves(app, r) && r.Name == w.Name && !IsOf(r, w))).Select(w => $"Add-on {w.Name} stays with the provider that it has; {w.Provider} is for new apps."));
    }

    /// <summary>
    /// What the app has but for add-ons that are neither wished for nor bound to what serves: those were never made, or nobody has used them. They are left to the teardown,
    /// so that a wish which cannot be fulfilled ends with the commit that had it.
    /// </summary>
    private static IReadOnlyList<OwnedResource> Bound(AppState app, IReadOnlyList<Pipelines.AddOnWish> wishes) =>
        [.. app.Ledger.Where(r => r.Kind != ResourceKind.AddOn || Serves(app, r) || wishes.Any(w => IsOf(r, w)))];

    private static bool Serves(AppState app, OwnedResource addOn) => app.CurrentRelease?.AddOns.Any(a => a.Id == addOn.Id) == true;

    private static bool IsOf(OwnedResource addOn, Pipelines.AddOnWish wish) =>
        addOn.Kind == ResourceKind.AddOn && addOn.Name == wish.Name && addOn.Provider.Equals(wish.Provider, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> TypeNotes(Artifact artifact, AppManifest? manifest) =>
        (manifest?.Processes.Keys ?? []).Where(t => !artifact.ProcessTypes.ContainsKey(t)).Order(StringComparer.Ordinal).Select(t => $"Process type {t} of app.json is not in the Procfile; it has {string.Join(", ", artifact.ProcessTypes.Keys.Order(StringComparer.Ordinal))}.");

    private static IReadOnlyList<OwnedResource> Intents(AppState app, AppName name, IReadOnlyList<Pipelines.AddOnWish> wishes, DeploymentId processes) =>
    [
        .. wishes.Where(w => !app.Ledger.Any(r => IsOf(r, w) || (Serves(app, r) && r.Name == w.Name))).Select(w => new OwnedResource(ResourceKind.AddOn, AddOnId(app, name, w), w.Provider, w.Name)),
        new(ResourceKind.Deployment, processes.ToString(), app.Policy!.Runtime),
        new(ResourceKind.Route, $"route:{name}", ""),
    ];

    /// <summary>One that another provider was asked for, and that never served, keeps its id.</summary>
    private static string AddOnId(AppState app, AppName name, Pipelines.AddOnWish wish) =>
        $"{name}.{app.Generation}.{wish.Name}" is var id && app.Ledger.Any(r => r.Id == id) ? $"{id}.{wish.Provider.ToLowerInvariant()}" : id;

    private static RunId NextRun(StreamId self, AppState app) => new(NameOf(self), app.Runs + 1);

    private static Decision Start(Candidate run, Plan plan, DateTimeOffset now) =>
        Decision.Of(new RunPlanned(run, plan.By, now)).Send(RunDecider.StreamOf(run.Run), new BeginRun(plan));

    private static Decision Refused(string what, string reason, string code, DateTimeOffset now) =>
        Decision.Of(new RequestRefused(new(what, reason, now))).Reply(Answer.Refused(code, $"Cannot {what}: {reason}."));

    private static Decision Inspected(StreamId self, AppState app, AppInspected seen, DateTimeOffset now)
    {
        var done = Decision.Of(new InspectionDone());
        if (seen.Blind) return done.Send(self, new InspectApp(), InspectAgain);
        if (app.Slot is not null || app.CurrentRelease is not { } current || current.Number != seen.Release) return done;
        // Elsewhere is not where the route leads: started anew, it is routed anew.
        if ((seen.Runs && seen.Endpoints.SequenceEqual(current.Endpoints)) || app.Candidates.Any(c => c is { Kind: RunKind.Restart, Leaving: false })) return done;
        return done.And(StartAnew(self, app, now))
            .And(new RequestRefused(new($"find {current.Deployment} running", $"{seen.Problem ?? (seen.Runs ? "it listens elsewhere" : "it is gone")}; it is started again", now)));
    }

    private static Decision StartAnew(StreamId self, AppState app, DateTimeOffset now) => Start(
        new() { Run = NextRun(self, app), Kind = RunKind.Restart }, Plans.Renew(app.Policy!, RunKind.Restart, app.CurrentRelease!.Artifact, "Flow") with { Revision = app.CurrentRelease.Revision }, now);
}
