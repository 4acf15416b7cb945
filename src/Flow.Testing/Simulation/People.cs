using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Runs;
using Flow.Sources;
using Flow.Storage;

namespace Flow.Testing.Simulation;

/// <summary>Who pushes, proposes, closes, promotes, rolls back, holds, cancels and changes their minds; each at a time that chance chooses.</summary>
internal sealed class People(World world, SharedStore store, Outside outside, StreamKinds kinds, Witness witness)
{
    public static readonly PipelineName Shop = PipelineName.Parse("shop");
    public static readonly AppName Staging = AppName.Parse("shop-staging");
    public static readonly AppName Development = AppName.Parse("shop-development");
    public static readonly AppName Production = AppName.Parse("shop-production");
    private static readonly string[] Proposals = ["pr-1", "pr-2", "pr-3"];
    private readonly List<string> posted = [];
    private int declarations;
    private PipelineDefinition definition = null!;
    private bool isolates;

    public IEnumerable<string> Unanswered => posted.Where(k => World.Now(store.Inner.FindKeyAsync(k, default)) is not { Answer: not null });

    /// <summary>Apps that somebody wanted gone.</summary>
    public HashSet<AppName> DestroyedByHand { get; } = [];

    public PipelineDefinition Definition => definition;

    public void Begin()
    {
        outside.Code.Branches["main"] = outside.Code.Commit(Quality.Good);
        outside.Code.Branches["dev"] = outside.Code.Commit(Quality.Good);
        isolates = world.OneIn(2);
        if (world.OneIn(2)) outside.ProcessTypes["release"] = "./migrate";
        if (world.OneIn(2)) outside.ProcessTypes["worker"] = "./work";
        definition = new()
        {
            Name = Shop,
            Repository = new() { Url = "simulated" },
            Apps =
            [
                new() { Name = Staging, Stage = Stage.Staging, Branch = "main", Gates = world.OneIn(3) ? ["checks"] : [] },
                new() { Name = Development, Stage = Stage.Development, Branch = world.OneIn(2) ? "main" : "dev" },
                new() { Name = Production, Stage = Stage.Production, Gates = world.OneIn(3) ? ["approval"] : [] },
            ],
            ReviewApps = new(),
            AddOns = world.OneIn(3) ? [] : [new() { Name = "data", Provider = "db" }],
            ReleaseRepeat = world.OneIn(4) ? StepRepeat.OnceThenAsk : StepRepeat.Idempotent,
            MaxClosingsAtOnce = world.OneIn(2) ? 1 : 10,
        };
        Declare();
        var hurry = world.OneIn(2) ? 120 : 1_200;
        for (var i = world.Chance.Next(6, 22); i > 0; i--) world.Time.After(world.Seconds(0, hurry), DoSomething);
    }

    /// <summary>After the faults: one more good push to everything that still lives, and nobody holds anything back.</summary>
    public void PushOnceMore()
    {
        foreach (var branch in outside.Code.Branches.Keys.ToList()) Push(branch, Quality.Good);
        foreach (var (key, proposal) in outside.Code.Open.ToList()) Propose(key, outside.Code.Commit(Quality.Good), proposal.Head.Trust);
        foreach (var app in witness.Apps.Keys) Ask(new(AppDecider.Kind, app), new ResumeDeployments("ada"));
    }

    public void CloseAll()
    {
        foreach (var key in outside.Code.Open.Keys.ToList()) Close(key);
    }

    public void DestroyAll()
    {
        foreach (var app in witness.Apps.Where(a => a.Value.Life == AppLife.Active)) Ask(new(AppDecider.Kind, app.Key), new DestroyApp("the end", "ada"));
    }

    /// <summary>Answers what the engine asks of people, when they get round to it.</summary>
    public void Respond(StreamId stream, Input answer) => world.Time.After(world.Seconds(1, 300), () => Ask(stream, answer));

    private void DoSomething()
    {
        switch (world.Chance.Next(32))
        {
            case < 8: Push(world.OneIn(3) ? "dev" : "main", AnyQuality()); break;
            case < 11: Propose(world.Any(Proposals), outside.Code.Commit(AnyQuality()), world.OneIn(3) ? Trust.Untrusted : Trust.Trusted); break;
            case < 13: Close(world.Any(Proposals)); break;
            case 13 or 14: Reopen(world.Any(Proposals)); break;
            case 15: Outage(); break;
            case 16: LoseMain(); break;
            case 17: Ask(AnyApp(busy: true), new RequestRollback(world.OneIn(2) ? null : world.Chance.Next(1, 4), "ada")); break;
            case 18: Ask(AnyApp(), new HoldDeployments("a feeling", "ada")); break;
            case 19: Ask(AnyApp(), new ResumeDeployments("ada")); break;
            case 20: Promote(); break;
            case 21: Ask(AnyApp(), new ChangeConfig(new Dictionary<string, ConfigValue?> { [$"V{world.Chance.Next(3)}"] = new($"{world.Chance.Next(100)}", null) }, "ada")); break;
            case 22: Ask(AnyApp(), new ScaleProcesses(new Dictionary<string, int> { ["web"] = world.Chance.Next(0, 4) }, "ada")); break;
            case 23: Ask(AnyApp(), new RestartProcesses("ada")); break;
            case 24: Ask(AnyApp(), new RunCommand("echo", TimeSpan.FromMinutes(5), "ada")); break;
            case 25: CancelSomething(); break;
            case 26: Ask(PipelineDecider.StreamOf(Shop), new DeployHead(world.Any([Staging, Development, Production]), null, "ada")); break;
            case 27: DestroySomething(); break;
            case 28: DeclareAnew(); break;
            case 29: Ask(PipelineDecider.StreamOf(Shop), new ReportCheck(outside.Code.Branches["main"], new("ci", world.Any([CheckState.Failure, CheckState.Pending, CheckState.Success, CheckState.Success])))); break;
            case 30 when outside.Code.Open.Count > 0: Ask(PipelineDecider.StreamOf(Shop), new ApproveCommit(world.Any([.. outside.Code.Open.Values]).Head.Sha, "ada")); break;
            default: LoseMachine?.Invoke(); break;
        }
    }

    /// <summary>How a machine is lost: all nodes on it, too.</summary>
    public Action? LoseMachine { get; set; }

    private Quality AnyQuality() => world.Chance.Next(10) switch { 0 => Quality.DoesNotBuild, 1 => Quality.NeverHealthy, 2 => Quality.ReleaseFails, _ => Quality.Good };

    private void Push(string branch, Quality quality)
    {
        var main = outside.Code.Branches["main"];
        var commit = outside.Code.Commit(quality, quality == outside.Code.QualityOf(main) && world.OneIn(6) ? outside.Code.TreeOf(main) : null);
        world.Tell($"somebody pushes {commit.ToString()[30..]} ({quality}) to {branch}");
        outside.Code.Branches[branch] = commit;
        Hint();
    }

    private void Propose(string key, CommitSha commit, Trust trust)
    {
        world.Tell($"somebody proposes {commit.ToString()[30..]} ({trust}) as {key}");
        outside.Code.Propose(key, commit, trust);
        Hint();
    }

    private void Close(string key)
    {
        if (!outside.Code.Open.ContainsKey(key)) return;
        world.Tell($"somebody closes {key}");
        outside.Code.Close(key, said: world.OneIn(2));
        Hint();
    }

    private void Reopen(string key)
    {
        if (!outside.Code.Open.TryGetValue(key, out var proposal)) return;
        Close(key);
        world.Time.After(world.Seconds(5, 100), () => Propose(key, proposal.Head.Sha, proposal.Head.Trust));
    }

    private void Outage()
    {
        world.Count("source outage");
        world.Tell("the source host goes down");
        outside.Code.Outage = true;
        world.Time.After(world.Seconds(10, 400), () => outside.Code.Outage = false);
    }

    private void LoseMain()
    {
        world.Tell("listings come back without the default branch");
        outside.Code.ListingsLackMain = true;
        world.Time.After(world.Seconds(10, 400), () => outside.Code.ListingsLackMain = false);
    }

    private void Promote()
    {
        var from = world.OneIn(2) ? Staging : Development;
        var ask = new RequestPromotion($"promotion-{posted.Count}", null, from == Staging ? [Production] : [Staging, Production], "ada");
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
        var app = AnyApp();
        DestroyedByHand.Add(AppName.Parse(app.Key));
        Ask(app, new DestroyApp("asked for", "ada"));
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
        HostStep[] steps = world.Seed % 3 == 0 ? [new("smoke", "deploy", true, StepRepeat.Idempotent, TimeSpan.FromMinutes(10)), new("notify", "switch", true, StepRepeat.OnceThenAsk, TimeSpan.FromMinutes(10))] : [];
        Ask(PipelineDecider.StreamOf(Shop), new DeclarePipeline(new(definition, steps, world.Seed % 5 == 0 ? ["teller"] : [], isolates, 3, TimeSpan.FromDays(30), $"f{++declarations}")));
    }

    private StreamId AnyApp(bool busy = false)
    {
        var names = witness.Apps.Where(a => a.Value.Life == AppLife.Active && (!busy || a.Value.Slot is not null)).Select(a => a.Key).ToList();
        if (busy && names.Count == 0) return AnyApp();
        return names.Count == 0 ? AppDecider.StreamOf(Staging) : new(AppDecider.Kind, world.Any(names));
    }

    private void Hint()
    {
        if (world.OneIn(2)) Post(PipelineDecider.StreamOf(Shop), new LookNow());
    }

    private void Post(StreamId to, Input input) => store.Commit(null, new() { Enqueue = [new(to, kinds.Of(to).WriteInput(input))] });

    private void Ask(StreamId to, Input input)
    {
        world.Tell($"somebody asks {to}: {input.GetType().Name}");
        var key = $"ask/{posted.Count}";
        posted.Add(key);
        store.Commit(null, new() { Enqueue = [new(to, kinds.Of(to).WriteInput(input), RequestKey: key)], Reserve = [key] });
    }
}
