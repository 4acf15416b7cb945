using System.Diagnostics.CodeAnalysis;
using Flow.Apps;
using Flow.DependencyInjection;
using Flow.Gates;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Routing;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Storage;
using Flow.Testing.Simulation;
using Flow.Testing.Simulation.Planting;
using Microsoft.Extensions.DependencyInjection;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>How one case ended.</summary>
/// <param name="Violation">What must never be; null when all is well.</param>
/// <param name="Faults">What went wrong on the way, in words.</param>
/// <param name="Points">Points since the last fault.</param>
/// <param name="Open">How long something was open since points count, in virtual time.</param>
/// <param name="Story">When somebody listens.</param>
internal sealed record CaseResult(string? Violation, IReadOnlyList<string> Faults, IReadOnlyList<CrashPoint> Points, TimeSpan Open, IReadOnlyList<string> Story);

/// <summary>
/// Plays one flow on one thread in virtual time: people act, the engine works on a SQLite file, faults fall where they are due, and after a crash the host is
/// started again. The world outside, what is witnessed of each commit, and how all must be in the end are the simulator's.
/// </summary>
internal sealed partial class CrashCase : IDisposable
{
    private const int MostTurns = 50_000;
    private static readonly TimeSpan Patience = TimeSpan.FromHours(12);
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(3);

    private readonly World world;
    private readonly Outside outside;
    private readonly Witness witness;
    private readonly Boundary boundary;
    private readonly CanonicalFlow flow;
    private readonly HashSet<string> atWork = [];
    private readonly List<(Func<bool> Is, TaskCompletionSource Over)> waiting = [];
    private readonly List<(string What, Func<bool> Is)> expected = [];
    private readonly List<StoredEvent> heard = [];
    private readonly List<string> asked = [];
    private SqliteFile file;
    private Life life;
    private FinalCheck check;
    private TimeSpan open;
    private bool resting, pauseOver;
    private int lives, moved, pausedAt = -1;

    private CrashCase(CanonicalFlow flow, IReadOnlyList<FaultAt> faults, Plant plant, bool tells)
    {
        (this.flow, Plant, boundary) = (flow, plant, new(faults));
        world = new(flow.Seed, PlantedFault.None, tells) { Troubled = false };
        outside = new(world, new()) { AnswersAtOnce = true };
        foreach (var (type, command) in flow.ProcessTypes) outside.ProcessTypes[type] = command;
        outside.Code.Branches["main"] = outside.Code.Commit(Quality.Good, manifest: flow.Manifest);
        witness = new(world, outside) { Asks = Respond };
        outside.Witness = witness;
        file = SqliteFile.Create(world.Time);
        Birth();
    }

    public Plant Plant { get; }

    public static CaseResult Play(CanonicalFlow flow, IReadOnlyList<FaultAt> faults, Plant plant = Plant.None, bool tells = false)
    {
        // With no context and no other scheduler around, whatever is awaited goes on inside the call that completed it: on this one thread.
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            using var played = new CrashCase(flow, faults, plant, tells);
            played.Play();
            if (played.world.Violation is null && played.boundary.Fired.Count < faults.Count) played.world.Violate(FlowInvariants.Soundness, $"only {played.boundary.Fired.Count} of {faults.Count} faults fell: it is not the same story twice");
            if (played.world.Violation is null && faults.Count == 0 && flow.Meets is { } situation && !played.world.Situations.ContainsKey(situation)) played.world.Violate(FlowInvariants.Soundness, $"{situation}: that did not happen");
            return new(played.world.Violation, played.boundary.Fired, played.boundary.Points, played.open, played.world.Story);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public void Dispose()
    {
        life.Store.Discard();
        file.Dispose();
    }

    /// <summary>Everything outside the engine, as one life reaches it.</summary>
    public void AddOutside(IFlowBuilder builder, Life life)
    {
        builder.Services.AddSingleton<IRouter>(new CrashingRouter(life, new OutsideRouter(outside, null!))).AddSingleton<Logs.ILogStore>(new CrashingLogs(life, outside.Logs))
            .AddSingleton<Secrets.ISecretProtector>(new SimulatedSecrets(outside));
        builder.AddProvider<ISourceProvider>("git", _ => new CrashingSource(life, new OutsideSource(outside, null!)))
            .AddProvider<Builds.IBuilder>("local", _ => new CrashingBuilder(life, new OutsideBuilder(outside, null!), atWork))
            .AddProvider<IRuntime>("local", _ => new CrashingRuntime(life, new OutsideRuntime(outside, null!), atWork))
            .AddProvider<AddOns.IAddOnProvisioner>("db", _ => new CrashingAddOns(life, new OutsideAddOns(outside, null!), atWork))
            .AddProvider<IGate>("window", _ => new CrashingGate(life, new ClosedAtFirst(atWork)));
        if (flow.HasHostStepAndReporter)
        {
            builder.AddProvider<IStatusReporter>("teller", _ => new CrashingReporter(life, new OutsideReporter(outside, null!)))
                .AddProvider<IRunStep>("smoke", _ => new CrashingStep(life, new OutsideStep(outside, null!)));
            builder.Services.AddSingleton(new HostStep("smoke", WellKnownSteps.Deploy, true, StepRepeat.Idempotent, TimeSpan.FromMinutes(10)));
        }
        builder.AddPipeline(flow.Pipeline);
    }

    /// <summary>A commit is in the file: the witness hears of it, whoever else does.</summary>
    public void Committed(Life by, FlowCommit commit)
    {
        if (commit.Change is not { } change) return;
        world.Tell($"{by.Name} commits {change.ExpectedVersion + 1} of {change.Claim.Stream}{string.Concat(change.Events.Select(e => $" {e.Type}"))}");
        foreach (var happened in change.Events)
        {
            heard.Add(new(heard.Count + 1, change.Claim.Stream, change.ExpectedVersion + 1, happened.Type, world.Time.GetUtcNow(), happened.Json));
            witness.Hear(heard[^1]);
        }
    }

    private void Play()
    {
        var script = flow.Script(this);
        for (var turn = 0; world.Violation is null && !(script.IsCompleted && resting); turn++)
        {
            if (turn >= MostTurns || world.Time.Elapsed > Patience) world.Violate(FlowInvariants.Liveness, $"does not settle: {WhatIsOpen() ?? "something is due for ever"}");
            else Turn();
        }
        if (script.IsFaulted) script.GetAwaiter().GetResult();
        if (world.Violation is null) CheckAll();
    }

    private void Turn()
    {
        if (life.IsDead) Rebirth();
        else if (waiting.FindIndex(w => w.Is()) is >= 0 and var at) GoOn(at);
        else if (life.Store.WakeOne() || life.TakeWork()) (resting, moved) = (false, moved + 1);
        else if (life.IsIdle && WhatIsOpen() is null) Pause();
        else open += Pass();
    }

    private void GoOn(int at)
    {
        var over = waiting[at].Over;
        waiting.RemoveAt(at);
        (resting, moved) = (false, moved + 1);
        over.SetResult();
    }

    /// <summary>Nothing is open: if nothing moves for a while either, all has settled.</summary>
    private void Pause()
    {
        if (pausedAt != moved)
        {
            var since = pausedAt = moved;
            pauseOver = false;
            world.Time.After(Rest, () => pauseOver |= since == moved);
        }
        if (pauseOver) Settle();
        else Pass();
    }

    /// <summary>Nothing is open, and nothing moves. Whoever waits for something that has not come by now goes on without it: what must have come is looked at in the end.</summary>
    private void Settle()
    {
        if (waiting.Count > 0) GoOn(0);
        else resting = true;
    }

    /// <summary>Time passes to whatever is due next.</summary>
    private TimeSpan Pass()
    {
        var before = world.Time.Elapsed;
        // So that the store rings when a stream can be claimed.
        _ = file.Store.WaitForClaimsAsync(default);
        if (!world.Time.PassToNextAlarm()) world.Violate(FlowInvariants.Liveness, $"nothing will ever happen again: {WhatIsOpen()}");
        return world.Time.Elapsed - before;
    }

    [MemberNotNull(nameof(life), nameof(check))]
    private void Birth()
    {
        life = new(world, boundary, file, this, $"life {++lives}");
        check = new(world, file.Store, outside, witness, new(world, null!, outside, life.Kinds, witness), life.Kinds);
        _ = life.StartAsync();
    }

    private void Rebirth()
    {
        var left = life.Store.Leave();
        file.Dispose();
        // The router's table lived in the process that died.
        outside.Routes.Routes.Clear();
        file = SqliteFile.Open(left, world.Time);
        Birth();
    }

    private string? WhatIsOpen() => check.WhatIsOpen() ?? witness.Pipelines.Where(p => p.Value.LookDue).Select(p => $"{p.Key} is looking").FirstOrDefault();

    /// <summary>The gate that is shut at first.</summary>
    private sealed class ClosedAtFirst(HashSet<string> asked) : IGate
    {
        public ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken) =>
            new(asked.Add($"gate {context.Run}") ? GateAnswer.Wait("the window is shut", "time", TimeSpan.FromSeconds(20)) : GateAnswer.Allow("the window is open"));
    }
}
