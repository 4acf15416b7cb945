using Flow.Apps;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Secrets;
using Flow.Sources;

namespace Flow.Testing.Simulation;

/// <summary>What people do with proposals and their apps, beside pushing.</summary>
internal sealed partial class People
{
    private const string Topic = "topic";
    private static readonly StreamId ShopStream = PipelineDecider.StreamOf(Shop);

    private void DoWithReviews(Deed deed)
    {
        var open = outside.Code.Open.Keys.ToList();
        switch (deed)
        {
            case Deed.Label when open.Count > 0 && labels: Change("label of", world.Any(open), outside.Code.Relabel); break;
            case Deed.Redraft when open.Count > 0: Change("draft of", world.Any(open), outside.Code.Redraft); break;
            case Deed.Want: Want(world.Any(Proposals)); break;
            case Deed.WantBranch: WantBranch(); break;
            case Deed.DropBranch when outside.Code.Drop(Topic): world.Tell("somebody deletes the topic branch"); break;
            case Deed.Dismiss: Dismiss(world.Any(Proposals)); break;
            case Deed.Pin: Ask(ShopStream, new PinReviewApp(world.Any(Proposals), !world.OneIn(4), "ada")); break;
            case Deed.Visit: outside.Visits[NameOf(world.Any(Proposals))] = world.Time.GetUtcNow(); break;
            case Deed.ConfigureStage: ConfigureStage(); break;
        }
    }

    public static AppName NameOf(string key) => AppName.Parse($"shop-{key}");

    private void Change(string what, string key, Action<string> change)
    {
        world.Tell($"somebody changes the {what} {key}");
        change(key);
        Hint();
    }

    private void Want(string key)
    {
        DestroyedByHand.Remove(NameOf(key));
        Ask(ShopStream, new WantReviewApp(key, NameOf(key), Given(NameOf(key)), "ada"));
    }

    private void WantBranch()
    {
        var branch = world.OneIn(2) ? Topic : "dev";
        if (branch == Topic && !world.OneIn(4)) outside.Code.Branches.TryAdd(Topic, AnyCommit());
        DestroyedByHand.Remove(NameOf(branch));
        Ask(ShopStream, new WantBranchApp(branch, branch, NameOf(branch), Given(NameOf(branch)), "ada"));
    }

    private Dictionary<string, ConfigValue>? Given(AppName app) => world.OneIn(2) ? null : world.Any(ManifestDrawer.Names) is var name ? new() { [name] = Personal(app, name) } : null;

    private void Dismiss(string key)
    {
        witness.UnwantedByHand.Add(NameOf(key));
        Ask(ShopStream, new DismissReviewApp(key, "ada"));
    }

    private void ConfigureStage()
    {
        var name = world.OneIn(3) ? ManifestDrawer.Required : world.Any(ManifestDrawer.Names);
        var text = $"stage-{++values}";
        var value = world.OneIn(4) ? null : world.OneIn(2) ? new ConfigValue(text, null, ConfigOrigin.Stage)
            : new(null, secrets.Protect(ConfigSecrets.StagePurpose(Shop, Stage.Review, name), SimulatedSecrets.Value(text)), ConfigOrigin.Stage);
        Ask(ShopStream, new ChangeStageConfig(Stage.Review, new Dictionary<string, ConfigValue?> { [name] = value }, "ada"));
    }
}
