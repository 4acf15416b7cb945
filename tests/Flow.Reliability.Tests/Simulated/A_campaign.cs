using System.Globalization;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.Simulated;

public sealed class A_campaign(ITestOutputHelper output)
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("FLOW_LONG_TESTS") == "1";

    [Fact]
    public void Meets_every_situation_and_violates_nothing()
    {
        var result = FlowCampaign.Run(IsLong ? 1_000_000 : FlowSituations.PerSeeds);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Seeds} seeds, {result.Steps} steps, {result.Elapsed.TotalSeconds:0.0} s, {result.Seeds / result.Elapsed.TotalSeconds:0} seeds/s"));
        foreach (var (name, times) in result.Situations) output.WriteLine($"{times,10}  {name}");
        result.First.Should().BeNull($"every seed must hold; {string.Join(Environment.NewLine, result.First?.Story ?? [])}");
        result.Unmet.Should().BeEmpty("a situation that is hardly ever met is not tested");
        result.Holds.Should().BeTrue();
    }

    [Fact]
    public void Fails_when_a_situation_is_too_rare()
    {
        var rare = FlowSituations.All[3].Name;
        var all = FlowSituations.All.ToDictionary(s => s.Name, _ => 1);
        var lacking = all.Where(s => s.Key != rare).ToDictionary();
        FlowSimulationResult Play(long seed) => new() { Seed = seed, Steps = 1, Trace = 0, Situations = seed < FlowSituations.AtLeast ? all : lacking };

        var result = new Campaign(FlowSituations.PerSeeds, 1, Play, Play, null).Run(CancellationToken.None);

        result.Unmet.Should().ContainSingle().Which.Name.Should().Be(rare);
        result.Holds.Should().BeFalse();
        new Campaign(FlowSituations.PerSeeds - 1, 1, Play, Play, null).Run(CancellationToken.None).Unmet.Should().BeEmpty("smaller campaigns are not judged by it");
    }

    [Fact]
    public void Tells_the_story_of_the_lowest_seed_that_fails()
    {
        static FlowSimulationResult Play(long seed) => new() { Seed = seed, Steps = 1, Trace = 0, Situations = new Dictionary<string, int>(), Violation = seed is 8 or 5 ? "broken" : null };

        var result = new Campaign(10, 1, Play, seed => Play(seed) with { Story = ["once upon a time"] }, null).Run(CancellationToken.None);

        (result.Violations, result.First!.Seed, result.First.Story.Single()).Should().Be((2, 5, "once upon a time"));
        result.Violating.Select(v => v.Seed).Should().Equal(5, 8);
    }

    [Fact]
    public void Ends_with_what_was_done_when_it_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        FlowSimulationResult Play(long seed)
        {
            if (seed == 3) stop.Cancel();
            return new() { Seed = seed, Steps = 2, Trace = 0, Situations = new Dictionary<string, int>() };
        }

        var result = new Campaign(1_000_000, 1, Play, Play, null).Run(stop.Token);

        result.Seeds.Should().BeInRange(3, 3 + Environment.ProcessorCount);
        result.Steps.Should().Be(result.Seeds * 2);
    }

    [Fact]
    public void Counts_nothing_that_is_not_in_the_table()
    {
        FlowCampaign.Run(200).Situations.Keys.Should().BeEquivalentTo(FlowSituations.All.Select(s => s.Name));
        FlowSituations.All.Select(s => s.Name).Should().OnlyHaveUniqueItems();
        FlowInvariants.All.Select(i => i.Name).Should().OnlyHaveUniqueItems();
    }
}
