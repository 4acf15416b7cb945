using Flow.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>A real file system without room; <see cref="Trouble_with_the_disk"/> has the rest.</summary>
public sealed class A_disk_that_is_full
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Acknowledges_nothing_and_goes_on_when_there_is_room()
    {
        using var disk = await SmallDisk.MountAsync();
        var written = new List<string>();
        await using (var store = Open(disk))
        {
            for (var round = 0; round < 3; round++)
            {
                disk.Fill(leave: 100_000);
                var refused = 0;
                for (var i = 0; i < 200 && refused < 20; i++)
                {
                    try
                    {
                        await store.CommitAsync(new() { Reserve = [$"{round}-{i}"], Enqueue = [new(new StreamId("app", $"{round}-{i}"), new byte[3_000])] }, Token);
                        refused.Should().Be(0, "what is full stays full");
                        written.Add($"{round}-{i}");
                    }
                    catch (FlowException e)
                    {
                        e.Code.Should().Be("store-full");
                        e.Transient.Should().BeTrue();
                        refused++;
                    }
                }
                refused.Should().Be(20);
                (await store.ClaimAsync("a", 1_000, TimeSpan.FromHours(1), Token)).Select(c => c.Stream.Key).Should().BeEquivalentTo(written.Where(w => w.StartsWith($"{round}-")));
                disk.MakeRoom();
                (await store.CommitAsync(new() { Reserve = [$"{round}-healed"] }, Token)).Status.Should().Be(CommitStatus.Ok);
            }
        }
        await using var again = Open(disk);
        (await again.ClaimAsync("b", 1_000, TimeSpan.FromHours(1), Token)).Select(c => c.Stream.Key).Should().BeEquivalentTo(written, "all that was answered is there, and nothing else");
        Sql.Text(Path.Combine(disk.Path, "flow.db"), "PRAGMA integrity_check").Should().Be("ok");
    }

    [Fact]
    public async Task Makes_a_start_wait_for_room_instead_of_failing()
    {
        using var disk = await SmallDisk.MountAsync();
        await using (var before = Open(disk)) await before.CommitAsync(new() { Reserve = ["before"] }, Token);
        disk.Fill();

        await using var store = Open(disk);
        store.IsOwner.Should().BeFalse();
        store.StandingBy.Should().Contain("is full");
        var commit = async () => await store.CommitAsync(new() { Reserve = ["k1"] }, Token);
        (await commit.Should().ThrowAsync<FlowException>()).Where(e => e.Code == "store-full" && e.Transient);

        disk.MakeRoom();
        await store.WaitForOwnershipAsync(Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
        (await store.CommitAsync(new() { Reserve = ["k1"] }, Token)).Status.Should().Be(CommitStatus.Ok);
        (await store.FindKeyAsync("before", Token)).Should().NotBeNull();
    }

    [Fact]
    public async Task Makes_a_new_store_wait_for_room_too()
    {
        using var disk = await SmallDisk.MountAsync();
        disk.Fill();
        await using var store = Open(disk);
        store.IsOwner.Should().BeFalse();
        disk.MakeRoom();
        await store.WaitForOwnershipAsync(Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
    }

    [Fact]
    public async Task Takes_no_half_of_a_backup()
    {
        using var disk = await SmallDisk.MountAsync();
        using var database = new TemporaryDatabase();
        await using var store = database.Open();
        await store.CommitAsync(new() { Enqueue = [new(new StreamId("app", "shop"), new byte[1_500_000])] }, Token);
        disk.Fill(leave: 1_000_000);
        var backup = new SqliteBackup(new() { Path = database.Path }, TimeProvider.System, NullLogger<SqliteBackup>.Instance);
        var path = Path.Combine(disk.Path, "backup.db");

        (await FluentActions.Awaiting(() => backup.BackupAsync(path, Token)).Should().ThrowAsync<FlowException>()).Where(e => e.Code == "store-full" && e.Message.Contains(path));
        Directory.GetFiles(disk.Path).Should().ContainSingle(f => f.EndsWith("filler"));
        disk.MakeRoom();
        await backup.BackupAsync(path, Token);
    }

    private static SqliteFlowStore Open(SmallDisk disk) => new(new() { Path = Path.Combine(disk.Path, "flow.db") }, TimeProvider.System, NullLogger<SqliteFlowStore>.Instance);
}
