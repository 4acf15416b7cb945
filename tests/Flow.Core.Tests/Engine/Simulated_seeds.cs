using Flow.Testing.Simulation;

namespace Flow.Core.Tests.Engine;

public sealed class Simulated_seeds
{
    [Fact]
    public void Violate_nothing()
    {
        var situations = new Dictionary<string, int>();
        for (var seed = 1; seed <= 300; seed++)
        {
            var result = Simulation.Run(seed);
            result.Violation.Should().BeNull($"seed {seed} must hold");
            foreach (var (what, times) in result.Situations) situations[what] = situations.GetValueOrDefault(what) + times;
        }
        situations.Keys.Should().Contain(
        [
            "node killed in mid-effect", "cancelled in mid-effect", "stale commit refused", "superseded", "rolled back",
            "hold with a waiting head", "listing without the default branch", "source outage", "call landed late", "outcome unknown", "brake pulled",
        ], "without meeting these, 300 seeds say little");
    }

    [Fact]
    public void Are_the_same_story_each_time()
    {
        foreach (var seed in (int[])[1, 22, 447, 802])
        {
            var (first, second) = (Simulation.Run(seed), Simulation.Run(seed));
            (second.Trace, second.Steps).Should().Be((first.Trace, first.Steps));
        }
        Simulation.Run(1).Trace.Should().NotBe(Simulation.Run(2).Trace);
    }

    [Fact]
    public void Are_the_same_story_told_or_not() => Simulation.Run(22, tells: true).Trace.Should().Be(Simulation.Run(22).Trace);
}
