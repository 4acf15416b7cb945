using System.Globalization;
using Flow.Engine;

namespace Flow.Storage.Sqlite.Tests;

public sealed class Trouble_with_the_disk
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refuses_commits_while_the_disk_is_full_and_goes_on_when_there_is_room()
    {
        using var database = new TemporaryDatabase();
        await using var store = database.Open();
        await store.CommitAsync(new() { Enqueue = [new(new("app", "shop"), "1"u8.ToArray())] }, Token);
        var claim = (await store.ClaimAsync("a", 1, TimeSpan.FromHours(1), Token)).Single();
        var large = new FlowCommit { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = new byte[1_000_000], Events = [new("Large", new byte[1_000_000])] }, Reserve = ["k1"] };

        var pages = Pragma(store, "page_count");
        Pragma(store, $"max_page_count={pages + 10}");
        for (var i = 0; i < 3; i++)
        {
            var commit = async () => await store.CommitAsync(large, Token);
            (await commit.Should().ThrowAsync<FlowException>()).Where(e => e.Code == "store-full" && e.Transient);
        }
        (await store.LoadAsync(claim.Stream, Token)).Should().BeNull();
        (await store.FindKeyAsync("k1", Token)).Should().BeNull();
        (await store.CountEventsAsync(Token)).Should().Be(0);
        (await store.ReadWorkAsync(claim, 10, Token)).Should().ContainSingle("nothing has changed in memory either");
        (await store.CommitAsync(new() { Reserve = ["small"] }, Token)).Status.Should().Be(CommitStatus.Ok, "what fits is written");

        Pragma(store, "max_page_count=1000000");
        (await store.CommitAsync(large, Token)).Should().Be(new CommitResult(CommitStatus.Ok, 1));
    }

    [Fact]
    public async Task A_commit_that_fails_takes_no_other_with_it()
    {
        using var database = new TemporaryDatabase();
        await using var store = database.Open();
        Pragma(store, $"max_page_count={Pragma(store, "page_count") + 50}");
        // Written down before the writer sees the first: they share a transaction.
        var commits = Enumerable.Range(0, 40).Select(i => store.CommitAsync(new()
        {
            Enqueue = [new(new StreamId("app", $"s{i}"), new byte[i == 20 ? 5_000_000 : 10])],
            Reserve = [$"k{i}"],
        }, Token).AsTask()).ToList();
        var failed = new List<int>();
        for (var i = 0; i < commits.Count; i++)
        {
            try { (await commits[i]).Status.Should().Be(CommitStatus.Ok); }
            catch (FlowException e) when (e.Code == "store-full") { failed.Add(i); }
        }
        failed.Should().Equal(20);
        (await store.ClaimAsync("a", 100, TimeSpan.FromHours(1), Token)).Should().HaveCount(39);
        (await store.FindKeyAsync("k20", Token)).Should().BeNull();
    }

    [Fact]
    public async Task Disposal_writes_what_was_accepted()
    {
        using var database = new TemporaryDatabase();
        List<Task<CommitResult>> commits;
        await using (var store = database.Open())
            commits = [.. Enumerable.Range(0, 1_000).Select(i => store.CommitAsync(new() { Reserve = [$"k{i}"] }, Token).AsTask())];
        (await Task.WhenAll(commits)).Should().OnlyContain(r => r.Status == CommitStatus.Ok);
        await using var again = database.Open();
        (await again.FindKeyAsync("k999", Token)).Should().NotBeNull();
        File.Exists(database.Path + ".lock").Should().BeTrue();
    }

    [Fact]
    public async Task After_disposal_calls_say_so()
    {
        using var database = new TemporaryDatabase();
        var store = database.Open();
        await store.DisposeAsync();
        await store.DisposeAsync();
        var commit = async () => await store.CommitAsync(new(), Token);
        await commit.Should().ThrowAsync<ObjectDisposedException>();
        var load = async () => await store.LoadAsync(new("app", "shop"), Token);
        await load.Should().ThrowAsync<ObjectDisposedException>();
    }

    private static long Pragma(SqliteFlowStore store, string pragma)
    {
        using var command = store.Database.Connection.CreateCommand();
        command.CommandText = $"PRAGMA {pragma}";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
