using System.Globalization;

namespace Flow.Reliability.Tests.Soaks;

[Collection(Alone.Name)]
public sealed class Runs_under_retention : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("flow-soak-").FullName;

    private string Database => Path.Combine(directory, "flow.db");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    // A hundred thousand with ./test.sh --long.
    [Fact]
    public async Task Come_back_to_a_plateau_of_file_and_heap()
    {
        var figures = await Soak.RunAsync(ManyRuns.Name, Database, LongTests.Wanted ? "100000" : "5000");
        Tell(figures, Math.Max(1, figures.Count / 10));
        // The first rounds make what is made once.
        var settled = figures.Skip(Math.Max(2, figures.Count / 10)).ToList();
        foreach (var column in (int[])[1, 3, 5]) ShouldBeLevel([.. settled.Select(line => line[column])], Names[column]);
        // The file may keep some free pages, and gives back what is more.
        settled.Should().OnlyContain(line => line[2] - line[1] <= Math.Max(256, line[2] / 8), "free pages go back to the disk");
        // The framework's pools of buffers fill and are emptied as they like: what lives is compared third by third.
        ShouldBeLevel([.. settled.Select(line => line[4]).Chunk((settled.Count + 2) / 3).Select(Middle)], Names[4]);
    }

    private static void ShouldBeLevel(IReadOnlyList<long> values, string what)
    {
        var middle = Middle(values);
        values.Should().OnlyContain(v => v * 100 >= middle * 90 && v * 100 <= middle * 110, $"it is a plateau around {middle} {what}");
    }

    private static long Middle(IEnumerable<long> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    // An app that was destroyed stays as a number that its next life counts on from: there is no plateau, but little more than a kilobyte each.
    [Fact]
    public async Task Leave_of_a_destroyed_app_little_more_than_a_kilobyte()
    {
        var apps = LongTests.Wanted ? 4_000 : 1_000;
        var figures = await Soak.RunAsync(ManyRuns.Destroyed, Database, apps.ToString(CultureInfo.InvariantCulture));
        Tell(figures, 1);
        ((figures[^1][1] - figures[0][1]) * 4096 / apps).Should().BeLessThan(1_500, "bytes in the file for each");
        // The framework's pools alone move it by some hundred; an app that is kept in memory takes several thousand.
        ((figures[^1][4] - figures[1][4]) / (apps * 3 / 4)).Should().BeLessThan(1_000, "live bytes for each");
    }

    private static readonly string[] Names = ["so far", "pages in use", "pages of the file", "bytes of its write-ahead log", "bytes live", "handles"];

    private static void Tell(IReadOnlyList<long[]> figures, int every)
    {
        for (var i = 0; i < figures.Count; i++)
            if (i % every == 0 || i == figures.Count - 1)
                TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", figures[i].Select((value, column) => string.Create(CultureInfo.InvariantCulture, $"{value} {Names[column]}"))));
    }
}
