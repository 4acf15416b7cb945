using System.Text;
using Flow.Engine;

namespace Flow.Storage.Sqlite.Tests;

public sealed class A_damaged_file
{
    private const int PageSize = 4_096;
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public void Is_refused_when_it_is_something_else()
    {
        using var database = new TemporaryDatabase();
        File.WriteAllBytes(database.Path, [.. Enumerable.Repeat((byte)'x', 10_000)]);
        var open = () => database.Open();
        open.Should().Throw<FlowException>().Where(e => e.Code == "store-corrupt" && !e.Transient).WithMessage($"*mv \"{database.Path}\"*cp -p BACKUP \"{database.Path}\"*");
        open.Should().Throw<FlowException>().Where(e => e.Code == "store-corrupt", "a failed opening leaves no lock behind");
    }

    [Fact]
    public async Task Is_refused_and_left_as_it_is_whichever_page_is_damaged()
    {
        using var database = new TemporaryDatabase();
        await FillAsync(database);
        var good = await File.ReadAllBytesAsync(database.Path, Token);
        Sql.Number(database.Path, "PRAGMA freelist_count").Should().Be(0, "what is not used cannot be told from damage");
        var pages = good.Length / PageSize;
        pages.Should().BeGreaterThan(60);

        for (var page = 0; page < pages; page++)
        {
            var bad = (byte[])good.Clone();
            // The first bytes of a page say what it is; of the first one, after the header of the file.
            for (var i = 0; i < 4; i++) bad[page * PageSize + (page == 0 ? 100 : 0) + i] ^= 0x55;
            await File.WriteAllBytesAsync(database.Path, bad, Token);
            var open = () => database.Open();
            open.Should().Throw<FlowException>("page {0} is damaged", page + 1).Where(e => e.Code == "store-corrupt" && !e.Transient && e.Message.Contains(database.Path));
            (await File.ReadAllBytesAsync(database.Path, Token)).AsSpan().SequenceEqual(bad).Should().BeTrue("nothing is written to it");
        }
    }

    [Fact]
    public async Task Never_does_worse_than_be_refused()
    {
        using var database = new TemporaryDatabase();
        await FillAsync(database);
        var good = await File.ReadAllBytesAsync(database.Path, Token);
        var chance = new Random(7);
        var refused = 0;
        for (var flip = 0; flip < 200; flip++)
        {
            var bad = (byte[])good.Clone();
            for (var i = 0; i < 8; i++) bad[chance.Next(bad.Length)] ^= (byte)chance.Next(1, 256);
            await File.WriteAllBytesAsync(database.Path, bad, Token);
            File.Delete(database.Path + "-wal");
            try
            {
                // Changed contents, as opposed to structure, cannot be seen.
                await using var store = database.Open();
                await store.CommitAsync(new() { Reserve = ["k1"] }, Token);
            }
            catch (FlowException e)
            {
                e.Code.Should().BeOneOf("store-corrupt", "store-too-new", "store-unavailable");
                refused++;
            }
        }
        refused.Should().BePositive();
    }

    [Fact]
    public async Task Is_not_looked_for_in_a_file_beyond_the_limit()
    {
        using var database = new TemporaryDatabase();
        await FillAsync(database);
        var bytes = await File.ReadAllBytesAsync(database.Path, Token);
        var root = (int)Sql.Number(database.Path, "SELECT rootpage FROM sqlite_schema WHERE name = 'events_by_stream'");
        bytes[(root - 1) * PageSize] ^= 0x55;
        await File.WriteAllBytesAsync(database.Path, bytes, Token);

        var open = () => database.Open();
        open.Should().Throw<FlowException>().Where(e => e.Code == "store-corrupt");
        await using var unchecked_ = database.Open(checkUpToMegabytes: 0);
    }

    private static async Task FillAsync(TemporaryDatabase database)
    {
        await using (var store = database.Open())
        {
            for (var i = 0; i < 20; i++)
            {
                await store.CommitAsync(new() { Enqueue = [new(new StreamId("app", $"s{i}"), new byte[i * 700])], Reserve = [$"key-{i}"] }, Token);
                var claim = (await store.ClaimAsync("a", 1, TimeSpan.FromHours(1), Token)).Single();
                await store.CommitAsync(new()
                {
                    Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = new byte[3_000], Events = [new("Grown", new byte[i * 500]), new("Told", Encoding.UTF8.GetBytes("{}"))] },
                }, Token);
            }
        }
        Sql.Execute(database.Path, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
}
