using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Runs;
using Flow.Sources;
using Flow.Storage;

namespace Flow.Testing.Simulation;

/// <summary>Who pushes, proposes, closes, promotes, rolls back, holds, cancels and changes their minds; each at a time that chance chooses.</summary>
internal sealed partial class People(World world, SharedStore store, Outside outside, StreamKinds kinds, Witness witness)
{
    public static readonly PipelineName Shop = PipelineName.Parse("shop");
    public static readonly AppName Staging = AppName.Parse("shop-staging");
    public static readonly AppName Development = AppName.Parse("shop-development");
    public static readonly AppName Production = AppName.Parse("shop-production");
    private static readonly string[] NoGates = [];
    private static readonly string[] Proposals = ["pr-1", "pr-2", "pr-3"];
    private readonly SimulatedSecrets secrets = new();
    private readonly ManifestDrawer manifests = new(world);
    private readonly List<(string Key, StreamId To, Input Input)> posted = [];
    private readonly List<(string Key, StreamId To)> nonsense = [];
    private IReadOnlyList<HostStep> steps = [];
    private IReadOnlyList<string> reporters = [];
    private int declarations, values;
    private PipelineDefinition definition = null!;
    private bool isolates;
    private readonly bool labels = !world.OneIn(6);

    /// <summary>What was asked, and the answer; null when there is none.</summary>
    public IEnumerable<(string Key, StreamId To, ReadOnlyMemory<byte>? Answer)> Asked => posted.Select(p => (p.Key, p.To)).Concat(nonsense).Select(p => (p.Key, p.To, World.Now(store.Inner.FindKeyAsync(p.Key, default))?.Answer));

    /// <summary>Apps that somebody wanted gone.</summary>
    public HashSet<AppName> DestroyedByHand { get; } = [];

    public PipelineDefinition Definition => definition;

    public void Begin()
    {
        outside.Code.Branches["main"] = Commit(Quality.Good);
        outside.Code.Branches["dev"] = Commit(Quality.Good);
        var (process, options) = (new SimulatedProcess(world, outside, "people"), outside.Options);
        isolates = world.OneIn(2) && options.Builder?.Invoke(process).IsolatesUntrusted != false && options.Runtime?.Invoke(process).IsolatesUntrusted != false;
        if (world.OneIn(2)) outside.ProcessTypes["release"] = "./migrate";
        if (world.OneIn(2)) outside.ProcessTypes["worker"] = "./work";
        definition = new()
        {
            Name = Shop,
            Repository = new() { Url = "simulated" },
            Apps =
            [
                new() { Name = Staging, Stage = Stage.Staging, Branch = "main", Gates = [.. world.OneIn(3) ? ["checks"] : NoGates, .. outside.Options.Gate is null ? NoGates : [CarriedGate.Name]] },
                new() { Name = Development, Stage = Stage.Development, Branch = world.OneIn(2) ? "main" : "dev", Config = Declared() },
                new() { Name = Production, Stage = Stage.Production, Gates = world.OneIn(3) ? ["approval"] : [], Config = Declared() },
            ],
            ReviewApps = Reviews(),
            AddOns = outside.Options.AddOns is null && world.OneIn(3) ? [] : [new() { Name = "data", Provider = "db" }],
            ReleaseTimeout = world.OneIn(3) ? TimeSpan.FromMinutes(3) : TimeSpan.FromHours(1),
            ReleaseRepeat = world.OneIn(4) ? StepRepeat.OnceThenAsk : StepRepeat.Idempotent,
            MaxClosingsAtOnce = world.OneIn(2) ? 1 : 10,
        };
        // As the host's own steps are.
        if (world.OneIn(3)) steps = [new("smoke", "deploy", true, StepRepeat.Idempotent, TimeSpan.FromMinutes(10)), new("notify", "switch", true, StepRepeat.OnceThenAsk, TimeSpan.FromMinutes(10))];
        if (outside.Options.Step is not null) steps = [new(CarriedStep.Name, "deploy", true, outside.Options.StepRepeat, TimeSpan.FromMinutes(10))];
        if (world.OneIn(4)) reporters = ["teller"];
        Declare();
        var hurry = world.OneIn(2) ? 120 : 1_200;
        for (var i = world.Chance.Next(6, 22); i > 0; i--) world.Time.After(world.Seconds(0, hurry), DoSomething);
    }

    /// <summary>After the faults: one more good push to everything that still lives, and nobody holds anything back.</summary>
    public void PushOnceMore()
    {
        foreach (var branch in outside.Code.Branches.Keys.ToList()) Push(branch, Commit(Quality.Good));
        foreach (var (key, proposal) in outside.Code.Open.ToList()) Propose(key, Commit(Quality.Good), proposal.Head.Trust);
        foreach (var app in witness.Apps.Keys) Ask(new(AppDecider.Kind, app), new ResumeDeployments("ada"));
    }

    public void CloseAll()
    {
        foreach (var key in outside.Code.Open.Keys.ToList()) Close(key);
        foreach (var key in witness.Pipelines.SelectMany(p => p.Value.WantedBranches.Keys).ToList()) Dismiss(key);
    }

    public void DestroyAll()
    {
        foreach (var app in witness.Apps.Where(a => a.Value.Life == AppLife.Active)) Ask(new(AppDecider.Kind, app.Key), new DestroyApp("the end", "ada"));
    }

    /// <summary>Answers what the engine asks of people, when they get round to it.</summary>
    public void Respond(StreamId stream, Input answer) => world.Time.After(world.Seconds(1, 300), () => Ask(stream, answer));

    /// <summary>Some want back what they see going.</summary>
    public void SeeDestroyed(AppName app, string? proposal)
    {
        if (!world.Troubled || !world.OneIn(3)) return;
        world.Time.After(world.OneIn(2) ? TimeSpan.Zero : world.Seconds(0, 5), () =>
        {
            if (proposal is null) DeclareAnew();
            else if (!Proposals.Contains(proposal)) WantBranch();
            else if (!outside.Code.Open.ContainsKey(proposal)) Propose(proposal, Commit(Quality.Good), Trust.Trusted);
            Post(PipelineDecider.StreamOf(Shop), new LookNow());
        });
    }

    /// <summary>Some change their minds at the last moment.</summary>
    public void SeeDeployed(RunId run)
    {
        if (!world.Trouble(20)) return;
        world.Time.After(world.OneIn(2) ? TimeSpan.Zero : world.Seconds(0, 10), () => Ask(RunDecider.StreamOf(run), new CancelRun("changed their mind at the last moment", "ada")));
    }

    /// <summary>Some close what has only just come up.</summary>
    public void SeeSetUp(RunId run)
    {
        if (!world.Troubled || !world.OneIn(5) || witness.Apps[run.App.ToString()].Policy?.Proposal is not { } key) return;
        world.Time.After(world.Seconds(0, 3), () =>
        {
            if (world.OneIn(2)) Close(key);
            else Destroy(run.App);
        });
    }

    private void DoSomething()
    {
        var deed = world.Any(world.Profile.Deeds);
        switch (deed)
        {
            case Deed.Push: Push(world.OneIn(3) ? "dev" : "main"); break;
            case Deed.Propose: Propose(world.Any(Proposals), AnyCommit(), world.OneIn(3) ? Trust.Untrusted : Trust.Trusted); break;
            case Deed.Close: Close(world.Any(Proposals)); break;
            case Deed.Reopen: Reopen(world.Any(Proposals)); break;
            case Deed.Outage: ForAWhile("the source host goes down", on => outside.Code.Outage = on); break;
            case Deed.LoseMain: ForAWhile("listings come back without the default branch", on => outside.Code.ListingsLackMain = on); break;
            case Deed.ListNothing: ForAWhile("listings come back empty", on => outside.Code.ListingsAreEmpty = on); break;
            case Deed.LackProposals: outside.Code.NextListingLacksProposals = true; break;
            case Deed.RuntimeOutage: LieOfProcesses(); break;
            case Deed.Rollback: Ask(AnyApp(busy: true), new RequestRollback(world.OneIn(2) ? null : world.Chance.Next(1, 4), "ada")); break;
            case Deed.Hold: Ask(AnyApp(), new HoldDeployments("a feeling", "ada")); break;
            case Deed.Resume: Ask(AnyApp(), new ResumeDeployments("ada")); break;
            case Deed.Promote: Promote(several: world.OneIn(2)); break;
            case Deed.PromoteToSeveral: Promote(several: true); break;
            case Deed.Configure: Configure(AnyApp(busy: world.OneIn(2))); break;
            case Deed.Renew: Ask(AnyApp(busy: world.OneIn(3)), new AddOnChanged(world.Any(["data", DrawnManifest.AddOn]), "ada")); break;
            case Deed.Scale: Ask(AnyApp(busy: world.OneIn(2)), new ScaleProcesses(new Dictionary<string, int> { ["web"] = world.Chance.Next(0, 4) }, "ada")); break;
            case Deed.Restart: Ask(AnyApp(), new RestartProcesses("ada")); break;
            case Deed.Command: Ask(AnyApp(), new RunCommand("echo", TimeSpan.FromMinutes(5), "ada")); break;
            case Deed.Cancel: CancelSomething(); break;
            case Deed.DeployHead: Ask(PipelineDecider.StreamOf(Shop), new DeployHead(world.Any([Staging, Development, Production]), null, "ada")); break;
            case Deed.Destroy: DestroySomething(); break;
            case Deed.DeclareAnew: DeclareAnew(); break;
            case Deed.ReportCheck: Ask(PipelineDecider.StreamOf(Shop), new ReportCheck(outside.Code.Branches["main"], new("ci", world.Any([CheckState.Failure, CheckState.Pending, CheckState.Success, CheckState.Success])))); break;
            case Deed.Approve: ApproveSomething(); break;
            case Deed.Garbage: SendGarbage(); break;
            case Deed.JumpClock: JumpClock?.Invoke(); break;
            case Deed.RepeatRequest: RepeatSomething(); break;
            case Deed.LoseMachine: LoseMachine?.Invoke(); break;
            default: DoWithReviews(deed); break;
        }
    }

    /// <summary>How a machine is lost: all nodes on it, too.</summary>
    public Action? LoseMachine { get; set; }

    /// <summary>How the clock of some node jumps.</summary>
    public Action? JumpClock { get; set; }

    private void ForAWhile(string what, Action<bool> turn)
    {
        world.Tell(what);
        turn(true);
        world.Time.After(world.Seconds(10, 400), () => turn(false));
    }

    /// <summary>Somebody looks whether everything runs while the runtime says that nothing does.</summary>
    private void LieOfProcesses()
    {
        ForAWhile("the runtime says that nothing runs", on => outside.RuntimeLies = on);
        foreach (var app in witness.Apps.Where(a => a.Value.Current is not null)) Post(new(AppDecider.Kind, app.Key), new InspectApp());
    }

    private void Configure(StreamId app)
    {
        var name = world.OneIn(4) ? ManifestDrawer.Required : world.Any(ManifestDrawer.Names);
        Ask(app, new ChangeConfig(new Dictionary<string, ConfigValue?> { [name] = world.OneIn(8) ? null : Personal(AppName.Parse(app.Key), name) }, "ada"));
    }

    private ReviewAppPolicy Reviews() => new()
    {
        Create = world.Chance.Next(6) switch { 0 => ReviewAppCreation.ByHand, 1 => ReviewAppCreation.ByLabel, _ => ReviewAppCreation.Automatic },
        Drafts = !world.OneIn(4),
        WaitForChecks = world.OneIn(8),
        MaxAlive = world.Chance.Next(4) switch { 0 => 1, 1 => 2, _ => null },
        // Shorter than a declaration may ask for: a story takes an hour.
        StaleAfter = world.OneIn(2) ? TimeSpan.FromMinutes(world.Chance.Next(8, 30)) : null,
        StaleWarning = TimeSpan.FromMinutes(3),
        PredestroyTimeout = TimeSpan.FromMinutes(world.Chance.Next(1, 6)),
        Config = Declared(),
    };

    private Dictionary<string, string> Declared() => world.OneIn(3) ? new() { [world.Any(ManifestDrawer.Names)] = $"declared-{++values}" } : [];

    /// <summary>A value that nobody else gives.</summary>
    private ConfigValue Personal(AppName app, string name)
    {
        var isSecret = world.OneIn(2);
        var text = isSecret ? SimulatedSecrets.Value($"personal-{++values}") : $"personal-{++values}";
        var value = isSecret ? new ConfigValue(null, secrets.Protect(Flow.Secrets.ConfigSecrets.Purpose(app, name), text)) : new(text, null);
        outside.Personal.UnionWith([text, value.Plain ?? value.Ciphertext!]);
        return value;
    }

    /// <summary>As the host does when somebody asks: what is random is made before it is decided.</summary>
    private Dictionary<string, IReadOnlyDictionary<string, string>>? Generate(IReadOnlyList<AppName> targets)
    {
        if (world.OneIn(8)) return null;
        return targets.ToDictionary(t => t.ToString(), IReadOnlyDictionary<string, string> (t) => new Dictionary<string, string>
        {
            [ManifestDrawer.Secret] = secrets.Protect(Flow.Secrets.ConfigSecrets.Purpose(t, ManifestDrawer.Secret), SimulatedSecrets.Value($"generated-{++outside.Generated}")),
        });
    }

    private void Promote(bool several)
    {
        var from = several ? Development : Staging;
        AppName[] targets = several ? [Staging, Production] : [Production];
        var ask = new RequestPromotion($"promotion-{posted.Count}", null, targets, "ada", Generate(targets));
        Ask(AppDecider.StreamOf(from), ask);
        if (world.OneIn(2)) Ask(AppDecider.StreamOf(from), ask);
    }

    private void CancelSomething()
    {
        var open = witness.Runs.Where(r => !r.Value.Closed && r.Value.Plan!.Kind != RunKind.Scale).Select(r => r.Key).ToList();
        if (open.Count > 0) Ask(new(RunDecider.Kind, world.Any(open)), new CancelRun("changed their mind", "ada"));
    }

    private void DestroySomething()
    {
        if (!world.OneIn(3)) return;
        Destroy(AppName.Parse(AnyApp().Key));
    }

    private void Destroy(AppName app)
    {
        DestroyedByHand.Add(app);
        Ask(AppDecider.StreamOf(app), new DestroyApp("asked for", "ada"));
    }

    private void DeclareAnew()
    {
        if (world.OneIn(2)) definition = definition with { Apps = [.. definition.Apps.Select(a => a.Name == Development ? a with { Branch = a.Branch == "dev" ? "main" : "dev" } : a)] };
        else definition = definition with { ReleaseTimeout = definition.ReleaseTimeout + TimeSpan.FromSeconds(1) };
        Declare();
        // Declaring again what was destroyed brings it to life again.
        DestroyedByHand.RemoveWhere(a => definition.Apps.Any(d => d.Name == a));
    }

    private void Declare()
    {
        Ask(PipelineDecider.StreamOf(Shop), new DeclarePipeline(new(definition, steps, reporters, isolates, 3, TimeSpan.FromDays(30), $"f{++declarations}")));
    }
}
