using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Flow.Storage.Sqlite.Tests;

public sealed class Killed_in_the_middle
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Loses_no_answered_commit_and_doubles_none()
    {
        using var database = new TemporaryDatabase();
        var answered = database.Path + ".answered";
        for (var kill = 0; kill < 4; kill++)
        {
            var before = File.Exists(answered) ? new FileInfo(answered).Length : 0;
            using var child = CommittingProcess.Start(database.Path, answered);
            await UntilAsync(() => File.Exists(answered) && new FileInfo(answered).Length > before + 20_000, () => !child.HasExited);
            await using (var second = database.Open()) second.StandingBy.Should().Contain($"process {child.Id} ", "the child owns the file");
            child.Kill();
            await child.WaitForExitAsync(Token);
            await CheckAsync(database, answered);
        }
    }

    private static async Task CheckAsync(TemporaryDatabase database, string answered)
    {
        var newest = (await File.ReadAllTextAsync(answered, Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
            .GroupBy(line => line[0]).ToDictionary(lines => lines.Key, lines => lines.Max(line => long.Parse(line[1], CultureInfo.InvariantCulture)));
        newest.Should().HaveCount(CommittingProcess.Streams);
        await using var store = database.Open();
        foreach (var (key, version) in newest)
        {
            var stream = (await store.LoadAsync(new("app", key), Token))!;
            stream.Version.Should().BeInRange(version, version + 1, "an answered commit is there, and at most one more was on its way");
            var events = await store.ReadStreamEventsAsync(stream.Stream, 0, int.MaxValue, Token);
            events.Select(e => e.Version).Should().Equal(Enumerable.Range(1, (int)stream.Version).Select(v => (long)v));
            Encoding.UTF8.GetString(stream.Snapshot.Span).Should().Be($"{stream.Version}");
            (await store.FindKeyAsync($"app/{key}-{stream.Version}", Token)).Should().NotBeNull();
            (await store.FindKeyAsync($"app/{key}-{stream.Version + 1}", Token)).Should().BeNull();
        }
        var claims = await store.ClaimAsync("test", 1_000, TimeSpan.FromMinutes(1), Token);
        claims.Should().HaveCount(CommittingProcess.Streams, "the dead process holds nothing");
        foreach (var claim in claims) (await store.ReadWorkAsync(claim, 100, Token)).Should().ContainSingle();
    }

    private static async Task UntilAsync(Func<bool> reached, Func<bool> alive)
    {
        for (var waited = Stopwatch.StartNew(); !reached(); await Task.Delay(5, Token))
        {
            alive().Should().BeTrue("the process must commit until it is killed");
            waited.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(60));
        }
    }
}
