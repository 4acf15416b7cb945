namespace Flow.Testing.Simulation;

/// <summary>
/// The real deciders and the real pump of Flow on several simulated nodes, in virtual time, on one thread: nodes are killed, sleep through their leases and
/// have wrong clocks; the store, the source host, the builder, the runtime and the add-ons fail, hang, answer late, twice, or not at all; people change their
/// minds. Then the faults stop, and everything must settle as it should be. One seed, one story, on any machine.
/// </summary>
public static class FlowSimulation
{
    /// <summary>Plays one seed to its end, in about ten milliseconds. Never throws for what it finds: that is in the result.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="options">What takes part; null for the simulated adapters alone.</param>
    public static FlowSimulationResult Run(long seed, FlowSimulationOptions? options = null) => Simulation.Run(seed, options: options);

    /// <summary>Plays one seed and tells what happened, in <see cref="FlowSimulationResult.Story"/>: all of it, or only what concerns a violation.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="options">As for <see cref="Run"/>: with others it is another story.</param>
    /// <param name="whole">Every line, instead of the last <see cref="StoryLines"/> that have to do with what was violated.</param>
    public static FlowSimulationResult Tell(long seed, FlowSimulationOptions? options = null, bool whole = false)
    {
        var result = Simulation.Run(seed, tells: true, options: options);
        return whole ? result : result with { Story = Stories.Short(result) };
    }

    /// <summary>A short story has so many lines at most.</summary>
    public const int StoryLines = 40;
}
