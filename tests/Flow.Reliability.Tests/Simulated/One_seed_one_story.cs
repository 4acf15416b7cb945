using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.Simulated;

public sealed class One_seed_one_story
{
    [Fact]
    public async Task In_two_processes()
    {
        var both = await Task.WhenAll(Traces.OfAnotherProcessAsync(1, 100), Traces.OfAnotherProcessAsync(1, 100));
        both[0].Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(100);
        both[1].Should().Be(both[0], "one seed has one trace, in whichever process it is played");
    }

    [Fact]
    public void Whether_it_is_stored_as_JSON_or_as_objects()
    {
        for (var seed = 1; seed <= 40; seed++)
            Traces.Line(Simulation.Run(seed, onPaper: true)).Should().Be(Traces.Line(Simulation.Run(seed, onPaper: false)), "nothing may be lost on paper");
    }

    [Fact]
    public void Told_or_not()
    {
        var told = FlowSimulation.Tell(22, whole: true);
        told.Story.Should().NotBeEmpty();
        told.Trace.Should().Be(FlowSimulation.Run(22).Trace);
        FlowSimulation.Tell(22).Story.Should().HaveCount(FlowSimulation.StoryLines);
    }

    [Fact]
    public void Another_seed_is_another_story() => FlowSimulation.Run(1).Trace.Should().NotBe(FlowSimulation.Run(2).Trace);

    [Theory]
    [InlineData(0)]
    [InlineData(-7)]
    [InlineData(999_999_999_999_999_999)]
    public void Any_number_is_a_seed(long seed) => FlowSimulation.Run(seed).Violation.Should().BeNull();
}
