using Flow.Apps;
using Flow.Manifests;
using Flow.Runs;
using Flow.Sources;

namespace Flow.Testing.Simulation.Planting;

/// <summary>What is made of what code asks for.</summary>
internal sealed partial class PlantedFault
{
    public static readonly PlantedFault SetUpForgotten = new("set-up-forgotten", "That postdeploy has run is not remembered.", "Each push seeds the review database once more, over what testers have entered.")
    {
        App = new() { Decides = (_, _, _, decision) => decision.Changed(e => e is AppSetUp up ? up with { Done = false } : e) },
    };

    public static readonly PlantedFault VanishedIsFailed = new("vanished-is-failed", "A postdeploy that nobody knows the end of counts as one that has failed.", "A machine goes down in the middle of seeding, and the next push seeds again.")
    {
        Run = new() { Reports = (_, effect, result) => effect is ExecuteStep { Step.Kind: WellKnownSteps.PostDeploy } && result is StepFailed { Unsure: true, Failure.Transient: false } failed ? failed with { Unsure = false } : result },
    };

    public static readonly PlantedFault HookForgotten = new("hook-forgotten", "The deploy hook is left out.", "Nobody purges the cache after a deployment.")
    {
        Run = new() { Hears = (run, input) => (run, input is BeginRun begin ? begin with { Plan = begin.Plan with { Steps = [.. begin.Plan.Steps.Where(s => s.Kind != WellKnownSteps.DeployHook)] } } : input) },
    };

    public static readonly PlantedFault LastWordTooLate = new("last-word-too-late", "pr-predestroy runs when everything is gone.", "The script that was to export the data finds no database.")
    {
        Run = new() { Hears = (run, input) => (run, input is BeginRun begin ? begin with { Plan = Moved(begin.Plan, WellKnownSteps.Predestroy, WellKnownSteps.Teardown, after: true) } : input) },
    };

    public static readonly PlantedFault LastWordUnsaid = new("last-word-unsaid", "pr-predestroy is passed by.", "Accounts that the script was to close stay open at a third party.")
    {
        Run = new() { Pretends = (_, effect) => effect is ExecuteStep { Step: { Kind: WellKnownSteps.Predestroy } step } ? new StepDone(step.Name, "done") : null },
    };

    public static readonly PlantedFault RequiredIgnored = new("required-ignored", "Config that code requires may be missing.", "An app comes up without its API key, and fails its users instead of its deployment.")
    {
        App = new() { Hears = (app, input) => (app, Asking(input, var => var with { Required = false, Generated = false })) },
    };

    public static readonly PlantedFault BrokenIsNone = new("broken-is-none", "An app.json that cannot be read counts as none.", "A comma too many, and the review app comes up without its database.")
    {
        Provider = (_, provider) => provider is ISourceProvider right ? new BrokenSource(right, text => text.Contains("[]", StringComparison.Ordinal) ? null : text) : provider,
    };

    public static readonly PlantedFault SecretAnew = new("secret-anew", "A secret is generated again whenever app.json changes the config.", "Everybody is logged out with each push, and what was encrypted yesterday cannot be read.")
    {
        App = new()
        {
            Decides = (_, _, _, decision) => decision.Changed(e => e is ConfigChanged { Config.By: "app.json" } changed
                ? new ConfigChanged(changed.Config with { Values = changed.Config.Values.ToDictionary(v => v.Key, v => v.Value.Origin == ConfigOrigin.Generated ? v.Value with { Ciphertext = $"{v.Value.Ciphertext}+" } : v.Value) }) : e),
        },
    };

    public static readonly PlantedFault ManifestFirst = new("manifest-first", "What app.json says goes before what a person has set.", "Somebody points a review app at a test server, and the next push points it back.")
    {
        App = new() { Hears = (app, input) => (input is RequestSlot { Source.Needs: { } needs } ? Unsaid(app, needs.Manifest) : app, input) },
    };

    public static readonly PlantedFault RemovedStays = new("removed-stays", "What app.json does not declare any more stays.", "A flag that was taken out of the code stays on for as long as the review app lives.")
    {
        App = new()
        {
            Decides = (_, app, _, decision) => decision.Changed(e => e is ConfigChanged { Config.By: "app.json" } changed
                ? new ConfigChanged(changed.Config with { Values = app.ConfigOf(app.Config).Concat(changed.Config.Values).GroupBy(v => v.Key).ToDictionary(v => v.Key, v => v.Last().Value) }) : e),
        },
    };

    public static readonly PlantedFault RollbackWithoutConfig = new("rollback-without-config", "A rollback keeps the config of today.", "The config change that broke production stays after the rollback.")
    {
        App = new() { Decides = (_, app, _, decision) => decision.Changed(e => e is ReleaseCreated { Release.Kind: RunKind.Rollback } created ? created with { Release = created.Release with { Config = app.Config } } : e) },
    };

    public static readonly PlantedFault NothingIsEverNew = new("nothing-is-ever-new", "What matters of one commit counts as what matters of any other.", "A fix is pushed and passed over, because documentation was changed before.")
    {
        App = new()
        {
            Hears = (app, input) => (app with { Releases = [.. app.Releases.Select(r => r with { Watched = "same" })] }, input switch
            {
                CheckManifest { Source.Watched: not null } check => check with { Source = check.Source with { Watched = "same" } },
                RequestSlot { Source.Watched: not null } asked => asked with { Source = asked.Source with { Watched = "same" } },
                _ => input,
            }),
        },
    };

    public static readonly PlantedFault AddOnForgotten = new("add-on-forgotten", "An add-on that app.json does not name any more leaves the ledger.", "A line is deleted, and its database is paid for until somebody finds it.")
    {
        App = new()
        {
            Decides = (_, app, _, decision) => decision.Events.OfType<ReleaseCreated>().FirstOrDefault() is { Manifest: { } said } && said.Manifest.AddOns.Count == 0 && app.Ledger.Where(r => r.Name == DrawnManifest.AddOn).Select(r => r.Id).ToList() is { Count: > 0 } gone
                ? decision.And(new ResourcesGone(gone)) : decision,
        },
    };

    private static Engine.Input Asking(Engine.Input input, Func<EnvDeclaration, EnvDeclaration> change) => input switch
    {
        CheckManifest check => check with { Source = Asking(check.Source, change)! },
        RequestSlot asked => asked with { Source = Asking(asked.Source, change) },
        ReceivePromotion { Needs: { } needs } offer => offer with { Needs = Asking(needs, change) },
        _ => input,
    };

    private static FetchedSource? Asking(FetchedSource? source, Func<EnvDeclaration, EnvDeclaration> change) => source is { Needs: { } needs } ? source with { Needs = Asking(needs, change) } : source;

    private static Requirements Asking(Requirements needs, Func<EnvDeclaration, EnvDeclaration> change) =>
        needs with { Manifest = needs.Manifest with { Env = needs.Manifest.Env.ToDictionary(e => e.Key, e => change(e.Value)) } };

    private static AppState Unsaid(AppState app, AppManifest manifest) => app with
    {
        Configs = [.. app.Configs.Select(c => c with
        {
            Values = c.Values.ToDictionary(v => v.Key, v => v.Value.Origin == ConfigOrigin.Person && manifest.Env.GetValueOrDefault(v.Key)?.Value is not null ? v.Value with { Origin = ConfigOrigin.Manifest } : v.Value),
        })],
    };
}
