using Flow.Testing.Simulation;

namespace Flow.Core.Tests.Engine;

public sealed class Simulated_seeds
{
    [Theory]
    [InlineData(nameof(PlantedFault.FenceOff))]
    [InlineData(nameof(PlantedFault.OwesForgotten))]
    [InlineData(nameof(PlantedFault.SlotFreedEarly))]
    [InlineData(nameof(PlantedFault.MessageLost))]
    [InlineData(nameof(PlantedFault.LateCallsRevive))]
    [InlineData(nameof(PlantedFault.OutageLooksEmpty))]
    public void Find_what_is_planted(string fault)
    {
        var planted = Enum.Parse<PlantedFault>(fault);
        Enumerable.Range(1, 2_000).Select(seed => Simulation.Run(seed, planted).Violation).FirstOrDefault(v => v is not null).Should().NotBeNull();
    }
}
