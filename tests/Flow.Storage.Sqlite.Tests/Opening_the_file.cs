using Flow.Engine;

namespace Flow.Storage.Sqlite.Tests;

public sealed class Opening_the_file
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fences_off_an_engine_whose_file_was_taken_over()
    {
        using var database = new TemporaryDatabase();
        await using var store = database.Open();
        await store.CommitAsync(new() { Enqueue = [new(new("app", "shop"), "1"u8.ToArray())] }, Token);
        var claim = (await store.ClaimAsync("old", 1, TimeSpan.FromHours(1), Token)).Single();
        // As when the lock does not hold: a network file system, or a copied folder.
        Sql.Execute(database.Path, "UPDATE engine SET epoch = epoch + 1");

        (await store.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0 } }, Token)).Status.Should().Be(CommitStatus.FenceLost);
        (await store.CommitAsync(new() { Enqueue = [new(new("app", "blog"), "1"u8.ToArray())] }, Token)).Status.Should().Be(CommitStatus.FenceLost);
        (await store.CommitAsync(new() { Reserve = ["k1"] }, Token)).Status.Should().Be(CommitStatus.FenceLost);
        (await store.PruneAsync(TimeSpan.Zero, Token)).Should().Be(0);
        (await store.LoadAsync(claim.Stream, Token)).Should().BeNull();
        var claims = async () => await store.ClaimAsync("old", 1, TimeSpan.FromHours(1), Token);
        (await claims.Should().ThrowAsync<FlowException>()).Where(e => e.Code == "store-taken-over" && !e.Transient);
    }

    [Fact]
    public async Task Refuses_a_file_of_a_newer_version()
    {
        using var database = new TemporaryDatabase();
        await database.Open().DisposeAsync();
        Sql.Execute(database.Path, "INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('9999-from-the-future.sql', '2030-01-01')");
        var open = () => database.Open();
        open.Should().Throw<FlowException>().Where(e => e.Code == "store-too-new" && e.Message.Contains("9999-from-the-future.sql"));
    }

    [Fact]
    public void Says_clearly_that_the_folder_is_not_usable()
    {
        using var database = new TemporaryDatabase();
        File.WriteAllText(database.Path, "");
        var open = () => new SqliteFlowStore(new() { Path = Path.Combine(database.Path, "below-a-file", "flow.db") }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<SqliteFlowStore>.Instance);
        open.Should().Throw<FlowException>().Where(e => e.Code == "store-unavailable");
    }

    [Fact]
    public async Task Keeps_a_folder_that_it_makes_private()
    {
        if (OperatingSystem.IsWindows()) return;
        using var database = new TemporaryDatabase();
        var path = Path.Combine(database.Folder, "made", "below", "flow.db");
        await using var store = new SqliteFlowStore(new() { Path = path }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<SqliteFlowStore>.Instance);
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        File.GetUnixFileMode(Path.Combine(database.Folder, "made")).Should().Be(owner);
        File.GetUnixFileMode(Path.Combine(database.Folder, "made", "below")).Should().Be(owner);
    }

    [Fact]
    public async Task Keeps_the_file_private()
    {
        if (OperatingSystem.IsWindows()) return;
        using var database = new TemporaryDatabase();
        await using var store = database.Open();
        await store.CommitAsync(new() { Reserve = ["k1"] }, Token);
        foreach (var suffix in (string[])["", "-wal", "-shm", ".lock"])
            File.GetUnixFileMode(database.Path + suffix).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite, suffix);
    }

    [Fact]
    public async Task Finds_ten_thousand_open_streams_again()
    {
        using var database = new TemporaryDatabase();
        await using (var store = database.Open())
        {
            for (var i = 0; i < 10; i++)
                await store.CommitAsync(new() { Enqueue = [.. Enumerable.Range(i * 1_000, 1_000).Select(n => new NewWork(new StreamId("run", $"r{n}"), "1"u8.ToArray()))] }, Token);
            var claims = await store.ClaimAsync("a", 10_000, TimeSpan.FromHours(1), Token);
            await Task.WhenAll(claims.Select(claim => store.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = new byte[500], Owes = true } }, Token).AsTask()));
        }
        await using var again = database.Open();
        (await again.ClaimAsync("b", 20_000, TimeSpan.FromHours(1), Token)).Should().HaveCount(10_000);
    }
}
