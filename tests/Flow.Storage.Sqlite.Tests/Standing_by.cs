using System.Diagnostics;
using System.Text;
using Flow.Engine;

namespace Flow.Storage.Sqlite.Tests;

public sealed class Standing_by
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly StreamId Shop = new("app", "shop");

    [Fact]
    public async Task Names_the_owner_reads_what_he_commits_and_refuses_to_write()
    {
        using var database = new TemporaryDatabase();
        await using var owner = database.Open();
        await using var second = database.Open();

        second.IsOwner.Should().BeFalse();
        second.StandingBy.Should().Contain($"process {Environment.ProcessId} ").And.Contain(Environment.MachineName).And.Contain(database.Path);
        owner.StandingBy.Should().BeNull();

        await CommitAsync(owner, "1");
        Encoding.UTF8.GetString((await second.LoadAsync(Shop, Token))!.Snapshot.Span).Should().Be("1");
        (await second.ListAsync("app", null, 10, Token)).Should().ContainSingle();
        (await second.ReadEventsAsync(0, 10, Token)).Should().ContainSingle();
        (await second.FindKeyAsync("k1", Token)).Should().NotBeNull();
        await second.WaitForEventsAsync(1_000, Token);
        await second.WaitForAnswerAsync("k1", Token);

        await RefusedAsync(() => second.CommitAsync(new() { Reserve = ["k2"] }, Token).AsTask());
        await RefusedAsync(() => second.ClaimAsync("second", 1, TimeSpan.FromHours(1), Token).AsTask());
        await RefusedAsync(() => second.PruneAsync(TimeSpan.Zero, Token).AsTask());
        (await owner.FindKeyAsync("k2", Token)).Should().BeNull();

        async Task RefusedAsync(Func<Task> write) =>
            (await write.Should().ThrowAsync<FlowException>()).Where(e => e.Code == "store-standby" && e.Transient && e.Message.Contains($"process {Environment.ProcessId} "));
    }

    [Fact]
    public async Task Takes_over_when_the_owner_closes_the_file()
    {
        using var database = new TemporaryDatabase();
        var owner = database.Open();
        await CommitAsync(owner, "1");
        await owner.CommitAsync(new() { Enqueue = [new(Shop, "2"u8.ToArray())] }, Token);
        var old = (await owner.ClaimAsync("old", 1, TimeSpan.FromHours(1), Token)).Single();
        await using var second = database.Open();
        var (owned, claimable) = (second.WaitForOwnershipAsync(Token), second.WaitForClaimsAsync(Token));
        owned.IsCompleted.Should().BeFalse();

        await owner.DisposeAsync();

        await owned.WaitAsync(TimeSpan.FromSeconds(10), Token);
        await claimable.WaitAsync(TimeSpan.FromSeconds(10), Token);
        second.IsOwner.Should().BeTrue();
        second.StandingBy.Should().BeNull();
        var claim = (await second.ClaimAsync("new", 1, TimeSpan.FromHours(1), Token)).Should().ContainSingle("the owner's lease has ended with him").Subject;
        claim.Epoch.Should().BeGreaterThan(old.Epoch);
        (await second.CommitAsync(new() { Change = new() { Claim = old, ExpectedVersion = 1 } }, Token)).Status.Should().Be(CommitStatus.FenceLost);
        (await second.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1, Snapshot = "3"u8.ToArray() } }, Token)).Status.Should().Be(CommitStatus.Ok);
    }

    [Fact]
    public async Task Takes_over_within_a_second_when_the_owner_is_killed()
    {
        using var database = new TemporaryDatabase();
        using var child = CommittingProcess.Start(database.Path, database.Path + ".answered");
        await Eventually.BeAsync(() => File.Exists(database.Path + ".answered") && new FileInfo(database.Path + ".answered").Length > 10_000, "the child commits");
        await using var second = database.Open();
        second.StandingBy.Should().Contain($"process {child.Id} ");
        var seen = (await second.CountEventsAsync(Token)).Should().BePositive().And.Subject;
        await Eventually.BeAsync(async () => await second.CountEventsAsync(Token) > seen, "what the owner commits is read");

        var killed = Stopwatch.StartNew();
        child.Kill();
        await second.WaitForOwnershipAsync(Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"took over {killed.ElapsedMilliseconds} ms after the kill");
        // A second on a machine that is not busy with something else.
        killed.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
        await child.WaitForExitAsync(Token);

        (await second.ClaimAsync("heir", 100, TimeSpan.FromHours(1), Token)).Should().HaveCount(CommittingProcess.Streams);
    }

    [Fact]
    public async Task One_of_several_takes_over()
    {
        using var database = new TemporaryDatabase();
        var owner = database.Open();
        var waiting = Enumerable.Range(0, 4).Select(_ => database.Open()).ToList();
        var first = Task.WhenAny(waiting.Select(s => s.WaitForOwnershipAsync(Token)));
        await owner.DisposeAsync();
        await first.WaitAsync(TimeSpan.FromSeconds(10), Token);
        for (var left = waiting.Count; left > 0; left--)
        {
            await Eventually.BeAsync(() => waiting.Exists(s => s.IsOwner), "one takes over");
            var heir = waiting.Should().ContainSingle(s => s.IsOwner).Subject;
            (await heir.CommitAsync(new() { Reserve = [$"k{left}"] }, Token)).Status.Should().Be(CommitStatus.Ok);
            await heir.DisposeAsync();
            waiting.Remove(heir);
        }
    }

    [Fact]
    public async Task Says_for_good_what_keeps_it_from_taking_over()
    {
        using var database = new TemporaryDatabase();
        var owner = database.Open();
        await CommitAsync(owner, "1");
        await using var second = database.Open();
        await owner.CommitAsync(new() { Reserve = ["k1"] }, Token);
        Sql.Execute(database.Path, "INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('9999-from-the-future.sql', '2030-01-01')");
        var owned = second.WaitForOwnershipAsync(Token);
        await owner.DisposeAsync();

        var wait = () => owned.WaitAsync(TimeSpan.FromSeconds(10), Token);
        (await wait.Should().ThrowAsync<FlowException>()).Where(e => e.Code == "store-too-new" && !e.Transient);
        var commit = async () => await second.CommitAsync(new() { Reserve = ["k2"] }, Token);
        (await commit.Should().ThrowAsync<FlowException>()).Where(e => e.Code == "store-too-new");
        await using var third = new FileStream(database.Path + ".lock", FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Fact]
    public async Task Ends_at_once_when_it_is_closed()
    {
        using var database = new TemporaryDatabase();
        await using var owner = database.Open();
        var second = database.Open();
        var owned = second.WaitForOwnershipAsync(Token);
        await second.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Token);
        await owned.Awaiting(o => o).Should().ThrowAsync<ObjectDisposedException>();
        await second.Awaiting(s => s.CommitAsync(new(), Token).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await second.Awaiting(s => s.LoadAsync(Shop, Token).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        owner.IsOwner.Should().BeTrue();
    }

    private static async Task CommitAsync(SqliteFlowStore store, string json)
    {
        await store.CommitAsync(new() { Enqueue = [new(Shop, "0"u8.ToArray())], Reserve = ["k1"] }, Token);
        var claim = (await store.ClaimAsync("a", 1, TimeSpan.FromHours(1), Token)).Single();
        var work = await store.ReadWorkAsync(claim, 10, Token);
        (await store.CommitAsync(new()
        {
            Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = Encoding.UTF8.GetBytes(json), Events = [new("Changed", Encoding.UTF8.GetBytes(json))] },
            Complete = [.. work.Select(w => w.Id)], Answers = [new("k1", "true"u8.ToArray())],
        }, Token)).Status.Should().Be(CommitStatus.Ok);
        await store.ReleaseAsync(claim, TimeSpan.Zero, Token);
    }
}
