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
        DetachAddOn detach => Detach(self, app, detach, now),
        AddOnChanged changed => Rebind(self, app, changed, now),
        DestroyApp destroy => Destroy(self, app, destroy, now),
        ChecksChanged checks => app.Candidates.Where(c => c.Revision?.Sha == checks.Commit)
            .Aggregate(Decision.Nothing, (told, c) => told.Send(RunDecider.StreamOf(c.Run), new LookAgain(null))),
        InspectApp => app.InspectionWanted || app is { Current: null, Slot: null } ? Decision.Nothing : Decision.Of(new InspectionWanted()),
        AppInspected seen => Inspected(self, app, seen, now),
        _ => Decision.Nothing,
    };

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
