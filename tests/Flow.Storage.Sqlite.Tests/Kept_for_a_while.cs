using System.Diagnostics;
using Flow.Engine;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>Retention: what has ended goes, and the file stays as large as what is kept.</summary>
public sealed class Kept_for_a_while
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    // Very many with ./test.sh --long.
    [Fact]
    public Task The_file_of_many_short_runs_reaches_a_plateau() =>
        Environment.GetEnvironmentVariable("FLOW_LONG_TESTS") is null ? RunAsync(settled: 40, runs: 90) : RunAsync(settled: 500, runs: 3_000);

    [Fact]
    public async Task Freed_pages_go_back_to_the_disk_in_small_steps_while_commits_go_on()
    {
        var clock = new FakeTimeProvider();
        using var database = new TemporaryDatabase();
        await using var store = database.Open(clock);
        for (var i = 0; i < 200; i++)
            await store.CommitAsync(new() { Enqueue = [new(new StreamId("app", $"s{i}"), "0"u8.ToArray())], Reserve = [$"k{i}"] }, Token);
        foreach (var claim in await store.ClaimAsync("a", 200, TimeSpan.FromHours(1), Token))
            await store.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = new byte[10], Events = [new("Large", new byte[100_000])] } }, Token);
        var large = Pages(database);
        large.Should().BeGreaterThan(4_500);

        clock.Advance(TimeSpan.FromDays(2));
        while (await store.PruneAsync(TimeSpan.FromDays(1), Token) > 0) { }
        for (var i = 0; Pages(database) > 512; i++)
        {
            (await store.CommitAsync(new() { Reserve = [$"meanwhile-{i}"] }, Token)).Status.Should().Be(CommitStatus.Ok);
            i.Should().BeLessThan(100_000);
        }
        (await store.CountEventsAsync(Token)).Should().Be(0);
        Sql.Number(database.Path, "PRAGMA freelist_count").Should().BePositive("some stay for what comes next");
        await store.DisposeAsync();
        new FileInfo(database.Path).Length.Should().BeLessThan(512 * 4_096 + 1);
        Sql.Text(database.Path, "PRAGMA integrity_check").Should().Be("ok");
    }

    /// <summary>One push an hour on a clock that a test turns, with everything kept for as short as it may be.</summary>
    private static async Task RunAsync(int settled, int runs)
    {
        var clock = new FakeTimeProvider(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var database = new TemporaryDatabase();
        await using var host = new FakeHost(database.Path, clock, o => o.Retention = TimeSpan.FromHours(1));
        host.Source.Push("main", FakeHost.Commit(1));
        await host.StartAsync();
        (await host.Pipelines.DeclareAsync(FakeHost.Definition with { LookInterval = TimeSpan.FromHours(6) })).OrThrow();
        List<long> seen = [];
        var watch = Stopwatch.StartNew();
        for (var run = 1; run <= runs; run++)
        {
            host.Source.Push("main", FakeHost.Commit(run));
            await host.Pipelines.LookAsync(FakeHost.Shop, Token);
            var commit = run;
            try { await Eventually.BeAsync(() => DeployedAsync(host, clock, commit), $"run {run} has ended"); }
            catch (TimeoutException e) { throw new TimeoutException($"{e.Message}\n{await HistoryAsync(host)}"); }
            clock.Advance(TimeSpan.FromHours(1));
            if (run < settled) continue;
            var used = Pages(database) - Sql.Number(database.Path, "PRAGMA freelist_count");
            seen.Add(used);
            if (run == settled || run == runs || run % 500 == 0) TestContext.Current.TestOutputHelper?.WriteLine($"run {run}: {used} pages used of {Pages(database)}, {new FileInfo(database.Path).Length + new FileInfo(database.Path + "-wal").Length} bytes on disk, {watch.ElapsedMilliseconds} ms");
        }
        // What one look sees depends on how far the sweep is behind the clock, which runs as fast as this machine can; whether it grows does not.
        var (early, late) = (Median(seen[..(seen.Count / 3)]), Median(seen[^(seen.Count / 3)..]));
        late.Should().BeLessThanOrEqualTo(Math.Max(early * 11 / 10, early + 4), "it is a plateau: it began with {0} pages", early);
        seen.Max().Should().BeLessThanOrEqualTo(2 * early);
        (await host.Store.ListAsync("run", null, 1_000, Token)).Count.Should().BeLessThan(20);
        new FileInfo(database.Path).Length.Should().BeLessThan(4_000_000);
    }

    /// <summary>What pauses in between (a drain, a wait for the slot) pauses on the test's clock.</summary>
    private static async Task<bool> DeployedAsync(FakeHost host, FakeTimeProvider clock, int commit)
    {
        if (await host.IsDeployedAsync(commit)) return true;
        clock.Advance(TimeSpan.FromMilliseconds(50));
        return false;
    }

    /// <summary>For whoever reads a failure.</summary>
    private static async Task<string> HistoryAsync(FakeHost host)
    {
        var streams = (await host.Store.ListAsync("pipeline", null, 9, Token)).Concat(await host.Store.ListAsync("app", null, 9, Token)).Concat(await host.Store.ListAsync("run", null, 99, Token)).Concat(await host.Store.ListAsync("build", null, 99, Token));
        var events = await host.Store.ReadEventsAsync(0, 10_000, Token);
        return string.Join('\n', events.TakeLast(60).Select(e => $"{e.Position} {e.At:O} {e.Stream} v{e.Version} {e.Type}").Concat(streams.Select(s => $"{s.Stream} v{s.Version} owes {s.Owes}: {System.Text.Encoding.UTF8.GetString(s.Snapshot.Span)}")));
    }

    private static long Median(List<long> values) => values.Order().ElementAt(values.Count / 2);

    private static long Pages(TemporaryDatabase database) => Sql.Number(database.Path, "PRAGMA page_count");
}
