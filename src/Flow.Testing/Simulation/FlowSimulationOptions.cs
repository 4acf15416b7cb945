using Flow.AddOns;
using Flow.Builds;
using Flow.Gates;
using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Testing.Simulation;

/// <summary>
/// What takes part in a simulation: a host's own adapters in place of simulated ones. Each factory is called once for each simulated process of the engine; what several
/// processes share, such as a fake of the service behind the adapter, comes from <see cref="SimulatedProcess.Outside{T}"/>.
/// </summary>
/// <remarks>
/// Calls to the adapters land late, twice, or after their caller has died, and their answers are lost; the adapters themselves need not simulate faults, but may: a
/// <see cref="FlowException"/> is an answer. All runs on one thread in virtual time. An adapter may wait, but only for <see cref="SimulatedProcess.Time"/>: no real I/O, no
/// <see cref="Task.Run(Action)"/>, no other clock, no other chance. One that hops to another thread is reported as a violation: of soundness, or of liveness when its answer does not come in virtual time.
/// </remarks>
public sealed record FlowSimulationOptions
{
    /// <summary>Builds everything. Its artifacts must have a <c>web</c> process and carry <see cref="Sources.ISourceTree.TreeId"/> in their provenance.</summary>
    public Func<SimulatedProcess, IBuilder>? Builder { get; init; }

    /// <summary>Runs everything.</summary>
    public Func<SimulatedProcess, IRuntime>? Runtime { get; init; }

    /// <summary>Provides the add-on that every app has then.</summary>
    public Func<SimulatedProcess, IAddOnProvisioner>? AddOns { get; init; }

    /// <summary>A gate that every head of the staging app must pass.</summary>
    public Func<SimulatedProcess, IGate>? Gate { get; init; }

    /// <summary>A step of every deployment, after the new processes are healthy and before they get traffic.</summary>
    public Func<SimulatedProcess, IRunStep>? Step { get; init; }

    /// <summary>How the engine may treat that step when nobody knows whether it happened.</summary>
    public StepRepeat StepRepeat { get; init; } = StepRepeat.Idempotent;

    /// <summary>What is in every source tree: path to text. <c>app.json</c> is drawn, and not read from here.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
}

/// <summary>One simulated process of the engine, as an adapter in it sees the world.</summary>
public sealed class SimulatedProcess
{
    private readonly World world;
    private readonly Outside outside;

    internal SimulatedProcess(World world, Outside outside, string name) => (this.world, this.outside, Name) = (world, outside, name);

    /// <summary>Names it in the story.</summary>
    public string Name { get; }

    /// <summary>Virtual time.</summary>
    public TimeProvider Time => world.Time;

    /// <summary>The seed's dice: the only chance there is.</summary>
    public Random Chance
    {
        get
        {
            world.StaysOnItsThread($"the chance of {Name}");
            return world.Chance;
        }
    }

    /// <summary>Adds a line to the story.</summary>
    public void Tell(string line) => world.Tell($"{Name}: {line}");

    /// <summary>What all processes of this seed share and no kill takes away: made once per seed, type and name.</summary>
    /// <param name="create">Makes it.</param>
    /// <param name="name">Tells several of one type apart, such as the brokers behind two adapters.</param>
    public T Outside<T>(Func<T> create, string name = "") where T : class
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(name);
        if (!world.StaysOnItsThread($"what {Name} shares")) throw new InvalidOperationException("An adapter in a simulation stays on its thread.");
        return outside.Shared(create, name);
    }
}
