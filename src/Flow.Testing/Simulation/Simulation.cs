using Flow.Engine;
using Flow.ReviewApps;
using Flow.Storage;
using Flow.Testing.Simulation.Planting;

namespace Flow.Testing.Simulation;

/// <summary>
/// One thread, one seed: several nodes run the real deciders and the real pump on one store; they are killed or sleep through their leases, the world
/// outside fails, people change their minds. Then the faults stop, and everything must settle as it should be.
/// </summary>
internal sealed class Simulation : IDisposable
{
    private const int TroubledSteps = 6_000;
    private const int MostSteps = 120_000;
    private static readonly TimeSpan LongestTrouble = TimeSpan.FromMinutes(40);
    /// <summary>Longer than every timer of something that may still be open after the faults: five minutes to an inspection.</summary>
    private static readonly TimeSpan LongRest = TimeSpan.FromMinutes(6);

    /// <summary>Longer than a lost hint, the two listings that prove a closing, and the answer that is asked for again.</summary>
    private static readonly TimeSpan ShortRest = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Patience = TimeSpan.FromHours(3);

    private static readonly FlowSimulationOptions NoOptions = new();
    private readonly World world;
    private readonly MemoryFlowStore memory;
    private readonly SharedStore store;
    private readonly Outside outside;
    private readonly Witness witness;
    private readonly People people;
    private readonly FinalCheck check;
    private readonly SimulatedNode[] nodes;
    private Task claimable = Task.CompletedTask;
    private readonly Dictionary<StreamId, ReadOnlyMemory<byte>> snapshots = [];
    private readonly StreamKinds kinds;
    private TimeSpan rest;
    private long steps;
    private int born;

    private Simulation(long seed, PlantedFault planted, bool tells, bool onPaper, FlowSimulationOptions options)
    {
        world = new(seed, planted, tells) { Shorthand = onPaper ? null : new() };
        world.Time.Used = world.StaysOnItsThread;
        world.Begin();
        memory = new(world.Time);
        store = new(world, memory);
        outside = new(world, options);
        witness = new(world, outside);
        outside.Witness = witness;
        kinds = SimulatedNode.Kinds(world, null!, [], null!, outside.Logs, world.Time);
        people = new(world, store, outside, kinds, witness) { LoseMachine = LoseMachine, JumpClock = JumpClock };
        check = new(world, memory, outside, witness, people, kinds);
        store.Witness = witness.Hear;
        store.Committed = Committed;
        witness.Asks = people.Respond;
        witness.Destroying = people.SeeDestroyed;
        witness.Deploying = people.SeeDeployed;
        witness.SettingUp = people.SeeSetUp;
        nodes = new SimulatedNode[world.Chance.Next(1, 4)];
    }

    /// <summary>Runs a seed to its end. Same seed, same trace. With <paramref name="tells"/>, the story comes too; <paramref name="onPaper"/> overrides whether all is stored as JSON.</summary>
    public static FlowSimulationResult Run(long seed, PlantedFault? planted = null, bool tells = false, bool? onPaper = null, FlowSimulationOptions? options = null)
    {
        // With no context and no other scheduler around, whatever is awaited goes on inside the call that completed it: on this one thread.
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            using var simulation = new Simulation(seed, planted ?? PlantedFault.None, tells, onPaper ?? IsOnPaper(seed), options ?? NoOptions);
            var world = simulation.world;
            try
            {
                simulation.Play();
            }
            catch (Exception e) when (world.IsLeft && e is not OutOfMemoryException)
            {
                // What was found is that something has left the thread; what came of it means nothing.
            }
            var found = world.Found;
            return new()
            {
                Seed = seed,
                Violation = found?.What,
                Invariant = found?.Invariant,
                Steps = simulation.steps,
                Trace = world.Trace,
                Situations = world.Situations,
                Story = world.Story,
            };
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>One seed in sixteen, spread over all.</summary>
    private static bool IsOnPaper(long seed) => unchecked((ulong)seed * 0x9E3779B97F4A7C15) >> 60 == 0;

    public void Dispose()
    {
        foreach (var node in nodes) node?.Dispose();
        memory.Dispose();
    }

    private void Play()
    {
        people.Begin();
        for (var i = 0; i < nodes.Length; i++) nodes[i] = Birth();
        world.Time.After(ReviewAppWatch.Interval, Watch);
        while (world.Violation is null && steps < TroubledSteps && world.Time.Elapsed < LongestTrouble) Step();
        world.Troubled = false;
        foreach (var node in nodes) node.Wake();
        outside.Code.Outage = outside.Code.ListingsLackMain = outside.Code.ListingsAreEmpty = outside.Code.NextListingLacksProposals = outside.RuntimeLies = false;
        world.Tell("the faults stop");

        world.Time.After(TimeSpan.FromMinutes(1), () => _ = nodes.First(n => !n.IsDead).InspectAsync());
        rest = LongRest;
        Then("after the faults", () => { }, () => check.Settled(pushedOnceMore: false));
        rest = ShortRest;
        Then("after one more push", people.PushOnceMore, () => check.Settled(pushedOnceMore: true));
        Then("after all proposals were closed", people.CloseAll, check.Closed);
        Then("after everything was destroyed", people.DestroyAll, check.Gone);
    }

    private void Watch()
    {
        _ = world.Any(nodes).WatchAsync();
        foreach (var pipeline in witness.Pipelines.Values) witness.HasJudged(pipeline, world.Time.GetUtcNow());
        world.Time.After(ReviewAppWatch.Interval, Watch);
    }

    private void Then(string when, Action begin, Action look)
    {
        if (world.Violation is not null) return;
        world.Tell($"--- {when} ---");
        begin();
        if (Settles(when)) look();
    }

    /// <summary>For a while nothing may be open but what is held; it must come to that within bounded time.</summary>
    private bool Settles(string when)
    {
        var since = world.Time.Elapsed;
        var quiet = since + rest;
        while (world.Violation is null)
        {
            if (steps >= MostSteps || world.Time.Elapsed - since > Patience)
            {
                world.Violate(FlowInvariants.Liveness, $"does not settle {when}: {check.WhatIsOpen() ?? (outside.IsQuiet ? "something is due for ever" : "a call is open")}");
                return false;
            }
            Step();
            if (world.Time.Elapsed <= quiet) continue;
            if (outside.IsQuiet && check.WhatIsOpen() is null) return world.Violation is null;
            // What has just ended may have consequences.
            quiet = world.Time.Elapsed + ShortRest;
        }
        return false;
    }

    private void Step()
    {
        steps++;
        for (var i = 0; i < nodes.Length; i++)
            if (nodes[i].IsDead || nodes[i].IsStopped) nodes[i] = Birth();
        var node = world.Any(nodes);
        switch (world.Chance.Next(24))
        {
            case < 9 when node.TakeWork(): return;
            case < 13 when outside.GoOn(): return;
            case < 20 when world.GoOn(): return;
            case 20 when world.Trouble(12): node.Kill("out of the blue"); return;
            case 21 when world.Trouble(12): node.Sleep("out of the blue"); return;
            case 22 when world.Trouble(30): node.Stop(); return;
            case >= 22 when world.Trouble(2) && world.Time.NextAlarm < TimeSpan.FromMinutes(2) && Pass(): return;
        }
        if (world.GoOn() || outside.GoOn()) return;
        foreach (var other in nodes)
            if (other.TakeWork()) return;
        if (!Pass() && !nodes.Any(n => n.IsDead)) world.Violate(FlowInvariants.Liveness, "nothing will ever happen again");
    }

    /// <summary>Time passes to whatever is due next.</summary>
    private bool Pass()
    {
        // The store rings when a stream can be claimed, if somebody waits for that.
        if (claimable.IsCompleted) claimable = memory.WaitForClaimsAsync(default);
        return world.Time.PassToNextAlarm();
    }

    private SimulatedNode Birth()
    {
        var node = new SimulatedNode(world, store, outside, $"n{++born}");
        _ = BeginAsync();
        return node;

        async Task BeginAsync()
        {
            try
            {
                await node.StartAsync(alone: nodes.Length == 1);
            }
            catch (FlowException)
            {
                node.Kill("while it started");
            }
        }
    }

    /// <summary>Every state that is committed must have a way out.</summary>
    private void Committed(StreamChange change)
    {
        var stream = change.Claim.Stream;
        if (change.Snapshot is { } snapshot) snapshots[stream] = snapshot;
        if (change.Forget || change.Owes || store.PendingOf(stream) > 0 || !snapshots.TryGetValue(stream, out var newest)) return;
        witness.CheckAtRest(stream, kinds.Of(stream).ReadState(newest), store.PendingOf);
    }

    private void JumpClock() => world.Any(nodes).JumpClock();

    private void LoseMachine()
    {
        outside.LoseMachine();
        foreach (var node in nodes) node.Kill("with its machine");
    }
}
