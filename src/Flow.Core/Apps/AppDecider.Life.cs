using Flow.Engine;
using Flow.Manifests;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Apps;

/// <summary>Whose an app is, and how it comes and goes: one name may have many lives, and whoever speaks of another life is not heard in this.</summary>
internal sealed partial class AppDecider
{
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
        return app.Life == AppLife.Destroying ? unheard : unheard.Send(PipelineDecider.StreamOf(owner.Pipeline), new ReviewAppGone(key, NameOf(self), SeenUntil: head.Order));
    }

    private static AppUnwanted Unwanted(AppState app, DestroyApp destroy) => new(Math.Max(app.GoneUntil, destroy.SeenUntil ?? app.Rebirth?.Order ?? 0));

    private static Decision Born(AppState app, AppPolicy policy, DateTimeOffset now, IReadOnlyDictionary<string, ConfigValue>? given = null, long version = 0)
    {
        var born = Decision.Of(new AppCreated(policy, app.Generation + 1, now, version));
        var config = policy.Config.ToDictionary(v => v.Key, v => new ConfigValue(v.Value, null, ConfigOrigin.Declaration));
        foreach (var (name, value) in given ?? ConfigVersion.Empty) config[name] = value;
        return config.Count == 0 ? born : born.And(new ConfigChanged(new(1, config, policy.Pipeline.ToString(), now)));
    }

    private static Decision Destroy(StreamId self, AppState app, DestroyApp destroy, DateTimeOffset now)
    {
        var run = NextRun(self, app);
        var decision = Decision.Of(new AppDestroying(destroy.Evidence, destroy.By, now, destroy.SeenUntil));
        foreach (var other in app.Candidates.Where(c => !c.Leaving)) decision = Leave(decision, other, "the app is being destroyed", gone: true);
        return decision.And(Start(new() { Run = run, Kind = RunKind.Destroy }, Plans.Destroy(app.Policy!, destroy.By), now)).Reply(Answer.Ok(run));
    }
}
