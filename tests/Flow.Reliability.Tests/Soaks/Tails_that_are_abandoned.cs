namespace Flow.Reliability.Tests.Soaks;

[Collection(Alone.Name)]
public sealed class Tails_that_are_abandoned : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("flow-soak-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Leave_neither_memory_nor_handles()
    {
        var figures = await Soak.RunAsync(AbandonedTails.Name, directory, "10000");
        foreach (var line in figures) TestContext.Current.TestOutputHelper?.WriteLine($"{line[0]} tails abandoned: {line[1]} bytes live, {line[2]} handles");
        var (before, after) = (figures.Single(line => line[0] == 0), figures[^1]);
        // The framework's own pools of buffers fill by and by: less than seven bytes a tail is not a tail's.
        after[1].Should().BeLessThanOrEqualTo(Math.Max(before[1] * 105 / 100, before[1] + 64 * 1024));
        after[2].Should().BeLessThanOrEqualTo(before[2] * 105 / 100);
    }
}
