using System.Globalization;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.Simulated;

public sealed class A_campaign(ITestOutputHelper output)
{
    [Fact]
    public void Meets_every_situation_and_violates_nothing()
    {
        var result = FlowCampaign.Run(LongTests.Wanted ? 1_000_000 : FlowSituations.PerSeeds);

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
            // However late the thread with the third seed gets its turn: nobody plays on meanwhile.
            else if (seed > 3) stop.Token.WaitHandle.WaitOne(TimeSpan.FromMinutes(2));
            return new() { Seed = seed, Steps = 2, Trace = 0, Situations = new Dictionary<string, int>() };
        }

        var result = new Campaign(1_000_000, 1, Play, Play, null).Run(stop.Token);

        result.Seeds.Should().BeInRange(3, 3 + Environment.ProcessorCount);
        result.Steps.Should().Be(result.Seeds * 2);
        (result.Asked, result.Holds).Should().Be((1_000_000, false), "what was not played is not proven");
    }

    [Fact]
    public void Goes_on_without_whoever_listens_slowly()
    {
        const int Count = 1_000;
        using var all = new ManualResetEventSlim();
        var (played, reports, slept) = (0, 0, true);
        FlowSimulationResult Play(long seed)
        {
            // The thread that tells has played its own seed; with one processor there is nobody else.
            if (Interlocked.Increment(ref played) == Count || Environment.ProcessorCount == 1) all.Set();
            return new() { Seed = seed, Steps = 1, Trace = 0, Situations = new Dictionary<string, int>() };
        }
        var listener = new Listener(() =>
        {
            Interlocked.Increment(ref reports);
            slept &= all.Wait(TimeSpan.FromMinutes(2));
        });

        new Campaign(Count, 1, Play, Play, listener) { Interval = TimeSpan.Zero }.Run(CancellationToken.None).Holds.Should().BeTrue();

        slept.Should().BeTrue("the others have played all seeds meanwhile");
        reports.Should().BePositive();
    }

    [Fact]
    public void Goes_on_without_whoever_throws_when_told()
    {
        static FlowSimulationResult Play(long seed) => new() { Seed = seed, Steps = 1, Trace = 0, Situations = new Dictionary<string, int>() };
        var reports = 0;
        var listener = new Listener(() =>
        {
            Interlocked.Increment(ref reports);
            throw new IOException("Nobody is there.");
        });

        new Campaign(100, 1, Play, Play, listener) { Interval = TimeSpan.Zero }.Run(CancellationToken.None).Holds.Should().BeTrue();

        reports.Should().Be(1);
    }

    [Fact]
    public void Throws_what_an_adapter_cannot_be_made_for()
    {
        static FlowSimulationResult Play(long seed) => throw new NotSupportedException();

        var run = () => new Campaign(1_000_000, 1, Play, Play, null).Run(CancellationToken.None);

        run.Should().Throw<AggregateException>().WithInnerException<NotSupportedException>();
    }

    private sealed class Listener(Action hears) : IProgress<FlowCampaignProgress>
    {
        public void Report(FlowCampaignProgress value) => hears();
    }

    [Fact]
    public void Counts_nothing_that_is_not_in_the_table()
    {
        FlowCampaign.Run(200).Situations.Keys.Should().BeEquivalentTo(FlowSituations.All.Select(s => s.Name));
        FlowSituations.All.Select(s => s.Name).Should().OnlyHaveUniqueItems();
        FlowInvariants.All.Select(i => i.Name).Should().OnlyHaveUniqueItems();
    }
}
