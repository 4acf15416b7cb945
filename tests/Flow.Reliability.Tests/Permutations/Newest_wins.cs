using Flow.Apps;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Reliability.Tests.Models.Engine;
using Flow.Releases;
using Flow.Runs;
using Flow.Sources;
using static Flow.Reliability.Tests.Models.Engine.OutsideOnPaper;

namespace Flow.Reliability.Tests.Permutations;

/// <summary>
/// Six things happen, in each of their 720 orders, with the engine as far in between as it likes. Whatever the order: in the end the branch's head serves (unless somebody gave it up), no older
/// head came after a newer one, one run changed the app at a time, and nothing was deployed by itself while it was on hold.
/// </summary>
public sealed class Newest_wins(ITestOutputHelper output)
{
    public enum Happening { PushA, PushB, PushC, BackToA, WorstPush, Webhook, AnotherWebhook, LookAnswered, LookFails, BuildDone, ChecksGreen, Minute, CancelNewest, Rollback, Hold, Resume, Redeclare, Destroy, Restart, Config }

    private static readonly Dictionary<string, Happening[]> Sets = new()
    {
        ["three pushes"] = [Happening.PushA, Happening.PushB, Happening.PushC, Happening.BuildDone, Happening.ChecksGreen, Happening.AnotherWebhook],
        ["a slow look"] = [Happening.PushA, Happening.PushB, Happening.Webhook, Happening.LookAnswered, Happening.BuildDone, Happening.ChecksGreen],
        ["back to an older commit"] = [Happening.PushA, Happening.PushB, Happening.BackToA, Happening.LookAnswered, Happening.BuildDone, Happening.Minute],
        ["a rollback"] = [Happening.PushA, Happening.PushB, Happening.Rollback, Happening.BuildDone, Happening.ChecksGreen, Happening.Resume],
        ["a cancel"] = [Happening.PushA, Happening.PushB, Happening.CancelNewest, Happening.BuildDone, Happening.ChecksGreen, Happening.LookFails],
        ["a hold"] = [Happening.PushA, Happening.PushB, Happening.Hold, Happening.Resume, Happening.ChecksGreen, Happening.Minute],
        ["a newer policy"] = [Happening.PushA, Happening.PushB, Happening.Redeclare, Happening.ChecksGreen, Happening.Config, Happening.Restart],
        ["a second life"] = [Happening.PushA, Happening.PushB, Happening.Destroy, Happening.Redeclare, Happening.BuildDone, Happening.LookAnswered],
        ["a head that does not build"] = [Happening.WorstPush, Happening.PushB, Happening.PushC, Happening.BuildDone, Happening.ChecksGreen, Happening.Webhook],
    };

    /// <summary>How many things the engine does after each happening: none until the end, a few, or all that it can; the oldest possibility first or the newest.</summary>
    private static readonly (int Between, bool NewestFirst)[] Paces = [(0, false), (1, true), (3, true), (8, false), (int.MaxValue, false), (int.MaxValue, true)];

    public static TheoryData<string> Names => [.. Sets.Keys];

    [Theory, MemberData(nameof(Names))]
    public void In_every_order_of(string set)
    {
        var begun = PaperStory.Begun();
        var orders = 0;
        foreach (var order in Orders(Sets[set]))
            foreach (var pace in Paces)
            {
                var story = new PaperStory(begun, order, pace.NewestFirst);
                foreach (var happening in order) story.Happens(happening, pace.Between);
                story.Ends();
                story.Wrong.Should().BeNull("{0}, with {1} steps between and the {2} first", string.Join(", ", order), pace.Between, pace.NewestFirst ? "newest" : "oldest");
                orders++;
            }
        output.WriteLine($"{set}: {orders} stories");
        orders.Should().Be(720 * Paces.Length);
    }

    [Theory]
    [InlineData("a slow look", nameof(PaperFault.OldListing))]
    [InlineData("three pushes", nameof(PaperFault.OrderReversed))]
    [InlineData("a rollback", nameof(PaperFault.HoldIgnored))]
    [InlineData("a rollback", nameof(PaperFault.SlotFreedEarly))]
    public void Is_seen_to_be_broken(string set, string fault)
    {
        var begun = PaperStory.Begun();
        var wrong = Orders(Sets[set]).SelectMany(order => Paces.Select(pace =>
        {
            var story = new PaperStory(begun, order, pace.NewestFirst, Enum.Parse<PaperFault>(fault));
            foreach (var happening in order) story.Happens(happening, pace.Between);
            story.Ends();
            return story.Wrong;
        })).FirstOrDefault(w => w is not null);
        wrong.Should().NotBeNull();
        output.WriteLine(wrong!);
    }

    private static IEnumerable<Happening[]> Orders(Happening[] of) =>
        of.Length <= 1 ? [of] : of.SelectMany((first, at) => Orders([.. of[..at], .. of[(at + 1)..]]).Select(rest => (Happening[])[first, .. rest]));
}
