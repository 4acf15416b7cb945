using Flow.Apps;
using Flow.DependencyInjection;
using Flow.Engine;
using Flow.Logs;
using Flow.Routing;
using Flow.Storage;
using Flow.Testing.Simulation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>
/// One life of the host, from its start to its crash: services as <c>AddFlow</c> composes them, on a SQLite file. All of it runs on one thread in virtual time;
/// once it is dead, nothing of it goes on: what it waits for never comes, its alarms ring unheard, its calls reach nobody.
/// </summary>
internal sealed class Life
{
    private readonly World world;
    private readonly Boundary boundary;
    private readonly ServiceProvider services;
    private readonly StreamPump pump;
    private int moving;
    private bool started;

    public Life(World world, Boundary boundary, SqliteFile file, CrashCase play, string name)
    {
        (this.world, this.boundary, Name) = (world, boundary, name);
        Store = new(this, file, play);
        var composed = new ServiceCollection()
            .AddSingleton(world).AddSingleton(typeof(ILogger<>), typeof(StrictLogger<>))
            .AddSingleton<TimeProvider>(new LifeTime(this, world.Time)).AddSingleton<IFlowStore>(Store);
        var flow = composed.AddFlow(configure: options => options.MaxConcurrentBuilds = 1_000);
        play.AddOutside(flow, this);
        if (play.Plant == Plant.IntentMissing) composed.Replace(ServiceDescriptor.Singleton(s => new StreamKinds(s.GetServices<IStreamKind>().Select(k => k.Name == AppDecider.Kind ? new CarelessApps(k) : k))));
        services = composed.BuildServiceProvider();
        pump = services.GetRequiredService<StreamPump>();
        Kinds = services.GetRequiredService<StreamKinds>();
    }

    public string Name { get; }
    public CrashingStore Store { get; }
    public StreamKinds Kinds { get; }
    public bool IsDead { get; private set; }
    public bool IsStarted => started;
    public bool IsIdle => started && moving == 0;

    /// <summary>What <see cref="FlowEngine"/> does before it moves any stream.</summary>
    public async Task StartAsync()
    {
        await EngineStart.RunAsync(services.GetServices<IEngineStarter>(), services.GetRequiredService<TimeProvider>(), trouble => world.Tell($"{Name} is in trouble at its start: {trouble.Message}"), default);
        started = true;
    }

    /// <summary>Claims what can be claimed and moves it. False when there was nothing.</summary>
    public bool TakeWork()
    {
        if (!started || IsDead) return false;
        var claims = Store.Claim(Name);
        foreach (var claim in claims) _ = MoveAsync(claim);
        return claims.Count > 0 || IsDead;
    }

    /// <summary>Crosses the boundary: the one way out of the engine.</summary>
    public ValueTask<T> CallAsync<T>(Func<string> what, Fault possible, Func<T> act, CancellationToken cancellationToken)
    {
        if (IsDead) return Never<T>();
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<T>(cancellationToken);
        switch (boundary.Cross(what, possible))
        {
            case Fault.None:
                return new(act());
            case Fault.CrashBefore:
                Die();
                return Never<T>();
            case Fault.CrashAfter:
                Land(act);
                Die();
                return Never<T>();
            case Fault.Error:
                world.Tell($"fault: at {what()}, error");
                return ValueTask.FromException<T>(Lost(what));
            case Fault.AnswerLost:
                Land(act);
                world.Tell($"fault: after {what()}, answer lost");
                return ValueTask.FromException<T>(Lost(what));
            default:
                Land(act);
                world.Tell($"fault: after {what()}, silence");
                return Silence<T>(cancellationToken);
        }
    }

    private void Die()
    {
        IsDead = true;
        world.Tell($"{Name} crashes: {boundary.Fired[^1]}");
    }

    private async Task MoveAsync(Claim claim)
    {
        moving++;
        try
        {
            await pump.PumpAsync(claim, default);
        }
        catch (FlowException trouble) when (trouble.Transient)
        {
            // As the host of the pump does: its lease ends by itself.
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            world.Violate(FlowInvariants.Soundness, $"the pump threw for {claim.Stream}: {bug}");
        }
        moving--;
        world.StaysOnItsThread($"moving {claim.Stream}");
    }

    private static void Land<T>(Func<T> act)
    {
        try { act(); }
        catch (FlowException) { }
    }

    private static FlowException Lost(Func<string> what) => new("store-unavailable", $"No answer of {what()}.", transient: true);

    private static ValueTask<T> Never<T>() => new(new TaskCompletionSource<T>().Task);

    private static ValueTask<T> Silence<T>(CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource<T>();
        cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
        return new(never.Task);
    }

    /// <summary>The same time as one life hears it.</summary>
    private sealed class LifeTime(Life life, SimulatedTime time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();
        public override long GetTimestamp() => time.GetTimestamp();
        public override long TimestampFrequency => time.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(_ =>
        {
            if (!life.IsDead) callback(state);
        }, null, dueTime, period);
    }
}

/// <summary>The engine's own bugs must not hide in a log.</summary>
internal sealed class StrictLogger<T>(World world) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error && exception is not (null or FlowException or OperationCanceledException)) world.Violate(FlowInvariants.Soundness, $"{formatter(state, exception)} {exception}");
    }
}
