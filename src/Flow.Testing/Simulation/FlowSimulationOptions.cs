namespace Flow.Testing.Simulation;

/// <summary>What takes part in a simulation.</summary>
public sealed record FlowSimulationOptions
{
}
