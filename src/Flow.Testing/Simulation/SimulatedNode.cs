using System.Text.Json;
using Flow.AddOns;
using Flow.AddOns.Pools;
using Flow.Apps;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Engine;
using Flow.Gates;
using Flow.Logs;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.ReviewApps;
using Flow.Routing;
using Flow.Runs;
using Flow.Runs.Steps;
using Flow.Runtimes;
using Flow.Secrets;
using Flow.Sources;
using Flow.Storage;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Testing.Simulation;

/// <summary>One process that runs the engine: the real pump, deciders, effects and steps on a store and an outside that fail.</summary>
internal sealed class SimulatedNode : IDisposable
{
    private readonly World world;
    private readonly SharedStore shared;
    private readonly StreamPump pump;
    private readonly FlowMailbox mailbox;
    private readonly ReviewAppWatch watch;
    private readonly CancellationTokenSource stopping = new();
    private TimeSpan asleepSince;
    private int moving;
    private bool started;

    public SimulatedNode(World world, SharedStore shared, Outside outside, string name)
    {
        (this.world, this.shared, Name) = (world, shared, name);
        var time = new NodeTime(this, world.Time);
        var store = new FaultyStore(world, this, shared);
        var services = new Services();
        var providers = new Providers(world.Planted.Around(outside, services));
        var router = new OutsideRouter(outside, this);
        var logs = outside.Logs;
        var secrets = new ConfigSecrets(new SimulatedSecrets(outside));
        var environment = new AppEnvironment(providers, router, secrets);
        IBuiltInStep[] steps =
        [
            new GateStep(providers, time), new FetchStep(providers, services, new RequirementsReader(providers, secrets)), new ProvisionStep(providers, () => new(mailbox!), time), new RotateStep(providers), new ReleaseStep(providers, environment, time),
            new CommandStep(providers, environment, time), new DeployStep(providers, environment, router, time), new SwitchStep(router),
            new ScriptStep(WellKnownSteps.PostDeploy, providers, environment, time), new ScriptStep(WellKnownSteps.DeployHook, providers, environment, time),
            new ScriptStep(WellKnownSteps.Predestroy, providers, environment, time), new RetireStep(providers, environment, router, time), new TeardownStep(providers, () => new(mailbox!), router, logs), new HostStepAdapter(providers, environment, router),
        ];
        var kinds = Kinds(world, providers, steps, router, logs, time);
        mailbox = new FlowMailbox(store, kinds, time, Microsoft.Extensions.Logging.Abstractions.NullLogger<FlowMailbox>.Instance);
        pump = new StreamPump(store, kinds, time, new Logger<StreamPump>(world));
        Router = router;
        watch = new(mailbox, router, new HostOwnership(services), time, new Logger<ReviewAppWatch>(world));

        services.Add<ISourceProvider>("git", new OutsideSource(outside, this));
        var (process, options) = (new SimulatedProcess(world, outside, name), outside.Options);
        services.Add<IBuilder>("local", options.Builder is { } builder ? new CarriedBuilder(outside, this, builder(process)) : new OutsideBuilder(outside, this));
        services.Add<IRuntime>("local", options.Runtime is { } runtime ? new CarriedRuntime(outside, this, runtime(process)) : new OutsideRuntime(outside, this));
        services.Add<IAddOnProvisioner>("db", options.AddOns is { } addOns ? new CarriedAddOns(outside, this, addOns(process)) : new OutsideAddOns(outside, this));
        if (options.Gate is { } gate) services.Add<IGate>(CarriedGate.Name, new CarriedGate(outside, this, gate(process)));
        if (options.Step is { } step) services.Add<IRunStep>(CarriedStep.Name, new CarriedStep(outside, this, step(process)));
        services.Add<IGate>(ApprovalGate.Name, new ApprovalGate());
        services.Add<IGate>(ChecksGate.Name, new ChecksGate(mailbox, providers));
        services.Add<IStatusReporter>("teller", new OutsideReporter(outside, this));
        services.Add<IRunStep>("smoke", new OutsideStep(outside, this));
        services.Add<IRunStep>("notify", new OutsideStep(outside, this));
        if (world.OneIn(4)) ClockIsOff = TimeSpan.FromSeconds(world.Chance.Next(-300, 300));
    }

    public string Name { get; }
    public bool IsDead { get; private set; }
    public bool IsAsleep { get; private set; }
    public bool IsStopping => stopping.IsCancellationRequested;
    public bool IsStopped => IsStopping && moving == 0;
    public OutsideRouter Router { get; }

    /// <summary>How wrong its wall clock is.</summary>
    public TimeSpan ClockIsOff { get; private set; }

    internal static StreamKinds Kinds(World world, Providers providers, IEnumerable<IBuiltInStep> steps, IRouter router, ILogStore logs, TimeProvider time)
    {
        // Room for all: a semaphore that makes others wait wakes them on foreign threads.
        var options = Options.Create(new FlowOptions { MaxConcurrentBuilds = 1_000 });
        IStreamKind[] kinds =
        [
            new StreamKind<PipelineState, PipelineInput, PipelineEvent>(PipelineDecider.Kind, new PipelineDecider(), new PipelineEffects(providers, time, new Logger<PipelineEffects>(world))),
            new StreamKind<AppState, AppInput, AppEvent>(AppDecider.Kind, new AppDecider(), new AppEffects(providers, time, new Logger<AppEffects>(world))),
            new StreamKind<RunState, RunInput, RunEvent>(RunDecider.Kind, new RunDecider(), new RunEffects(steps, providers, router, logs, time, new Logger<RunEffects>(world))),
            new StreamKind<PoolState, PoolInput, PoolEvent>(PoolDecider.Kind, new PoolDecider(), new PoolEffects()),
            new StreamKind<WarmState, WarmInput, WarmEvent>(WarmDecider.Kind, new WarmDecider(), new WarmEffects(providers, time, new Logger<WarmEffects>(world))),
            new StreamKind<ReportState, ReportInput, ReportEvent>(ReportDecider.Kind, new ReportDecider(), new ReportEffects(providers, router, time, new Logger<ReportEffects>(world))),
            new StreamKind<BuildState, BuildInput, BuildEvent>(BuildDecider.Kind, new BuildDecider(), new BuildEffects(providers, options, time, new Logger<BuildEffects>(world))),
        ];
        var played = kinds.Select(world.Planted.Around);
        return new(world.Shorthand is { } shorthand ? played.Select(k => new ShorthandKind(k, shorthand)) : played);
    }

    public void Later(Action go)
    {
        if (!IsDead) world.Later(this, go);
    }

    /// <summary>What a host says to the engine when it starts.</summary>
    public async Task StartAsync(bool alone)
    {
        // One process owns the routes: with several nodes, the router is a process of its own and goes on by itself.
        if (alone) await new RouteRestorer(mailbox, Router, world.Time).StartAsync(default);
        await new AppInspector(mailbox).StartAsync(default);
        started = true;
    }

    /// <summary>What a host does on a timer: a call that came too late may have stopped a process, and nobody would tell.</summary>
    public async Task InspectAsync()
    {
        try
        {
            await new AppInspector(mailbox).InspectAllAsync(default);
        }
        catch (FlowException trouble) when (trouble.Transient)
        {
        }
    }

    /// <summary>What a host does every few minutes: who was visited, is anything unused, what is left of what was told to go?</summary>
    public async Task WatchAsync()
    {
        if (!started || IsDead || IsAsleep || IsStopping) return;
        world.Tell($"{Name} looks after the review apps");
        try
        {
            await watch.RoundAsync(default);
        }
        catch (FlowException trouble) when (trouble.Transient)
        {
            // As the host does: it comes round again.
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            world.Violate(FlowInvariants.Soundness, $"the watch over review apps threw: {bug}");
        }
    }

    /// <summary>Claims what can be claimed and begins to move it. False when there was nothing.</summary>
    public bool TakeWork()
    {
        if (!started || IsDead || IsAsleep || IsStopping) return false;
        var claims = shared.Claim(this, world.Chance.Next(1, 4));
        foreach (var claim in claims) _ = MoveAsync(claim);
        return claims.Count > 0;
    }

    public void Kill(string when)
    {
        if (IsDead) return;
        IsDead = true;
        world.Count(FlowSituations.Killed);
        world.Tell($"{Name} is killed {when}");
    }

    /// <summary>Falls asleep, perhaps past its lease: everything it was about to do goes on later, when others have taken over.</summary>
    public void Sleep(string when)
    {
        if (IsDead || IsAsleep) return;
        IsAsleep = true;
        asleepSince = world.Time.Elapsed;
        world.Tell($"{Name} falls asleep {when}");
        world.Time.After(world.OneIn(2) ? world.Seconds(1, 15) : world.Seconds(15, 61), Wake);
    }

    public void Wake()
    {
        if (!IsAsleep) return;
        IsAsleep = false;
        if (!IsDead && moving > 0 && world.Time.Elapsed - asleepSince > StreamPump.Lease) world.Count(FlowSituations.Asleep);
        world.Tell($"{Name} wakes up");
    }

    public void JumpClock()
    {
        if (IsDead) return;
        ClockIsOff += world.OneIn(2) ? TimeSpan.FromHours(1) : TimeSpan.FromHours(-1);
        world.Count(FlowSituations.ClockJump);
        world.Tell($"the wall clock of {Name} jumps: it is off by {ClockIsOff}");
    }

    public void Stop()
    {
        if (IsStopping || IsDead) return;
        world.Count(FlowSituations.Stopped);
        world.Tell($"{Name} is asked to stop");
        stopping.Cancel();
    }

    public void Dispose()
    {
        watch.Dispose();
        stopping.Dispose();
    }

    private async Task MoveAsync(Claim claim)
    {
        moving++;
        try
        {
            await pump.PumpAsync(claim, stopping.Token);
        }
        catch (FlowException trouble) when (trouble.Transient)
        {
            // As the host of the pump does: its lease ends by itself.
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            world.Violate(FlowInvariants.Soundness, $"the pump threw for {claim.Stream}: {bug}");
        }
        world.StaysOnItsThread($"moving {claim.Stream}");
        moving--;
    }

    private sealed class Services : IKeyedServiceProvider, IEnumerable<ProviderDescriptor>
    {
        private readonly Dictionary<(Type Contract, string Name), object> all = [];

        public void Add<T>(string name, T service) where T : class => all[(typeof(T), name)] = service;
        // Asked while a step runs: what is registered later is there by then.
        public IEnumerator<ProviderDescriptor> GetEnumerator() => all.Keys.Select(k => new ProviderDescriptor(k.Contract, k.Name)).GetEnumerator();
        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
        public object? GetService(Type serviceType) => null;
        public object? GetKeyedService(Type serviceType, object? serviceKey) => all.GetValueOrDefault((serviceType, (string)serviceKey!));
        public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => GetKeyedService(serviceType, serviceKey) ?? throw new InvalidOperationException($"{serviceType.Name} '{serviceKey}'");
    }

    /// <summary>The engine's own bugs must not hide in a log. What nobody can read is not one; the witness knows whether it was expected.</summary>
    private sealed class Logger<T>(World world) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error && exception is not (null or FlowException or OperationCanceledException or JsonException)) world.Violate(FlowInvariants.Soundness, $"{formatter(state, exception)} {exception}");
        }
    }
}
