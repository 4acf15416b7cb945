using Flow.Engine;

namespace Flow.Reliability.Tests.Models.Engine;

/// <summary>No state without a way out: it ended, an effect is owed to it, an alarm of its own is set, another stream that itself has a way out will tell it, or a person is asked.</summary>
public sealed class Every_state(ITestOutputHelper output)
{
    private static readonly int Walks = (int)Samples.Times(250);

    [Fact]
    public void Has_a_way_out()
    {
        var met = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var seed = 1; seed <= Walks; seed++)
        {
            var walk = new RandomWalk(seed).Go(400).ComesToRest();
            walk.Problem.Should().BeNull("seed {0} must hold:\n{1}", seed, walk.Story);
            foreach (var (what, times) in walk.Met) met[what] = met.GetValueOrDefault(what) + times;
        }
        foreach (var (what, times) in met) output.WriteLine($"{what}: {times}");
        met.Keys.Should().BeEquivalentTo(
        [
            "app Effect", "app Ended", "app OtherStream", "app Person", "build Alarm", "build Effect", "build Ended", "build OtherStream", "pipeline Alarm", "pipeline Effect", "pipeline Person",
            "report Alarm", "report Effect", "report Ended", "run Alarm", "run Effect", "run Ended", "run Person",
        ], "these are all the kinds of waiting, and each was met");
    }

    [Theory]
    [InlineData("LookAgain")]
    [InlineData("RunEnded")]
    [InlineData("BeginRun")]
    [InlineData("LookNow")]
    [InlineData("BuildRested")]
    [InlineData("UnwantArtifact")]
    [InlineData("ReportAgain")]
    [InlineData("RunRetentionOver")]
    [InlineData("ReceivePromotion")]
    [InlineData("PromotionTargetEnded")]
    public void Without_one_is_found_when_one_message_in_ten_is_lost_of(string message)
    {
        var problem = Enumerable.Range(1, 300).Select(seed =>
        {
            var chance = new Random(seed);
            return new RandomWalk(seed, input => input.GetType().Name == message && chance.Next(10) == 0).Go(400).Problem;
        }).FirstOrDefault(p => p is not null);
        problem.Should().NotBeNull();
        output.WriteLine(problem!);
    }
}
