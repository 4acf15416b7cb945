using System.Text;
using Flow.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Storage.Sqlite.Tests;

public sealed class Backup_and_restore
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Brings_everything_back_and_accepts_nothing_of_the_time_after_the_backup()
    {
        using var database = new TemporaryDatabase();
        var backup = database.Path + ".2030-01-01";
        var store = database.Open();
        await ChangeAsync(store, "shop", 5);
        await store.CommitAsync(new() { Enqueue = [new(new StreamId("app", "shop"), "\"waits\""u8.ToArray(), TimeSpan.Zero, "k1")], Reserve = ["k1"] }, Token);
        var made = await Backup(database).BackupAsync(backup, Token);
        made.Should().Match<SqliteBackupFile>(m => m.Path == backup && m.Bytes == new FileInfo(backup).Length);

        // The time that is lost: more commits, more starts.
        await ChangeAsync(store, "lost", 3);
        await store.DisposeAsync();
        for (var start = 0; start < 5; start++) await database.Open().DisposeAsync();
        store = database.Open();
        await ChangeAsync(store, "lost too", 3);
        var lost = (await store.ReadEventsAsync(0, 1_000, Token)).Max(e => e.Position);
        await store.CommitAsync(new() { Enqueue = [new(new StreamId("app", "shop"), "1"u8.ToArray())] }, Token);
        var old = (await store.ClaimAsync("old", 9, TimeSpan.FromHours(1), Token)).Single(c => c.Stream.Key == "shop");
        var oldWork = (await store.ReadWorkAsync(old, 9, Token)).Max(w => w.Id);
        await store.DisposeAsync();

        // The drill of docs/operations.md.
        File.Move(database.Path, database.Path + ".damaged");
        File.Copy(backup, database.Path);

        await using var restored = database.Open();
        var shop = (await restored.LoadAsync(new("app", "shop"), Token))!;
        shop.Version.Should().Be(5);
        Encoding.UTF8.GetString(shop.Snapshot.Span).Should().Be("5");
        (await restored.ReadStreamEventsAsync(shop.Stream, 0, 100, Token)).Select(e => e.Version).Should().Equal(1, 2, 3, 4, 5);
        (await restored.LoadAsync(new("app", "lost"), Token)).Should().BeNull();
        (await restored.FindKeyAsync("k1", Token)).Should().NotBeNull();
        var claim = (await restored.ClaimAsync("new", 9, TimeSpan.FromHours(1), Token)).Should().ContainSingle().Subject;
        var waits = (await restored.ReadWorkAsync(claim, 9, Token)).Should().ContainSingle().Subject;
        (Encoding.UTF8.GetString(waits.Input.Span), waits.RequestKey).Should().Be(("\"waits\"", "k1"));

        claim.Epoch.Should().BeGreaterThan(old.Epoch);
        (await restored.CommitAsync(new() { Change = new() { Claim = old, ExpectedVersion = 5 } }, Token)).Status.Should().Be(CommitStatus.FenceLost);
        await restored.CommitAsync(new()
        {
            Change = new() { Claim = claim, ExpectedVersion = 5, Events = [new("Restored", "1"u8.ToArray())] }, Enqueue = [new(claim.Stream, "2"u8.ToArray())],
        }, Token);
        (await restored.ReadEventsAsync(lost, 10, Token)).Should().ContainSingle(e => e.Type == "Restored", "whoever follows the events from where he was misses none");
        (await restored.ReadWorkAsync(claim, 9, Token)).Max(w => w.Id).Should().BeGreaterThan(oldWork);
    }

    [Fact]
    public async Task Does_not_mix_the_backup_with_the_log_of_the_file_it_replaces()
    {
        using var database = new TemporaryDatabase();
        await using (var store = database.Open())
        {
            await ChangeAsync(store, "shop", 2);
            await Backup(database).BackupAsync(database.Path + ".backup", Token);
            await ChangeAsync(store, "lost", 40);
            // As after a kill: a log that nobody wrote back.
            File.Copy(database.Path + "-wal", database.Path + ".log");
        }
        File.Delete(database.Path);
        File.Copy(database.Path + ".backup", database.Path);
        File.Move(database.Path + ".log", database.Path + "-wal", overwrite: true);

        await using var restored = database.Open();
        (await restored.ListAsync("app", null, 10, Token)).Select(s => s.Stream.Key).Should().Equal("shop");
        Sql.Text(database.Path, "PRAGMA integrity_check").Should().Be("ok");
        File.Exists(database.Path + "-wal.replaced").Should().BeTrue("it may be all that is left of the last minutes");
    }

    [Fact]
    public async Task Copies_one_moment_while_the_engine_writes()
    {
        using var database = new TemporaryDatabase();
        using var child = CommittingProcess.Start(database.Path, database.Path + ".answered");
        await Eventually.BeAsync(() => File.Exists(database.Path + ".answered") && new FileInfo(database.Path + ".answered").Length > 10_000, "the child commits");
        for (var i = 0; i < 5; i++)
        {
            var before = new FileInfo(database.Path + ".answered").Length;
            var path = $"{database.Path}.{i}";
            // From a process that only stands by.
            await Backup(database).BackupAsync(path, Token);
            Sql.Text(path, "PRAGMA integrity_check").Should().Be("ok");
            // A commit adds one version, one event and one key: all of it, or none.
            var versions = Sql.Number(path, "SELECT sum(version) FROM streams");
            Sql.Number(path, "SELECT count(*) FROM events").Should().Be(versions);
            Sql.Number(path, "SELECT count(*) FROM keys").Should().Be(versions);
            await Eventually.BeAsync(() => new FileInfo(database.Path + ".answered").Length > before, "the child goes on committing");
        }
        child.Kill();
        await child.WaitForExitAsync(Token);
    }

    [Fact]
    public async Task Is_private_and_overwrites_nothing()
    {
        using var database = new TemporaryDatabase();
        await using var store = database.Open();
        var path = Path.Combine(database.Folder, "backup.db");
        await File.WriteAllTextAsync(path + ".partial", "left behind by a kill", Token);
        await Backup(database).BackupAsync(path, Token);
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var bytes = await File.ReadAllBytesAsync(path, Token);

        await FailsAsync(path, "backup-exists");
        await FailsAsync(database.Path, "backup-exists");
        await FailsAsync(Path.Combine(database.Folder, "not-mounted", "backup.db"), "backup-folder-missing");
        (await File.ReadAllBytesAsync(path, Token)).Should().Equal(bytes);
        Directory.GetFiles(database.Folder, "*.partial*").Should().BeEmpty();

        async Task FailsAsync(string to, string code) =>
            (await FluentActions.Awaiting(() => Backup(database).BackupAsync(to, Token)).Should().ThrowAsync<FlowException>()).Where(e => e.Code == code && !e.Transient);
    }

    [Fact]
    public async Task Leaves_no_file_when_it_is_cancelled_or_there_is_nothing_to_copy()
    {
        using var database = new TemporaryDatabase();
        var path = Path.Combine(database.Folder, "backup.db");
        var nothing = () => Backup(database).BackupAsync(path, Token);
        await nothing.Should().ThrowAsync<FlowException>();
        await using var store = database.Open();
        var cancelled = () => Backup(database).BackupAsync(path, new CancellationToken(canceled: true));
        await cancelled.Should().ThrowAsync<OperationCanceledException>();
        Directory.GetFiles(database.Folder, "backup*").Should().BeEmpty();
    }

    private static SqliteBackup Backup(TemporaryDatabase database) => new(new() { Path = database.Path }, TimeProvider.System, NullLogger<SqliteBackup>.Instance);

    private static async Task ChangeAsync(SqliteFlowStore store, string key, int times)
    {
        await store.CommitAsync(new() { Enqueue = [new(new StreamId("app", key), "0"u8.ToArray())] }, Token);
        var claims = await store.ClaimAsync("a", 9, TimeSpan.FromHours(1), Token);
        var claim = claims.Single(c => c.Stream.Key == key);
        var work = await store.ReadWorkAsync(claim, 10, Token);
        for (var i = 0; i < times; i++)
        {
            var json = Encoding.UTF8.GetBytes($"{i + 1}");
            (await store.CommitAsync(new()
            {
                Change = new() { Claim = claim, ExpectedVersion = i, Snapshot = json, Events = [new("Changed", json)] }, Complete = i == 0 ? [.. work.Select(w => w.Id)] : [],
            }, Token)).Status.Should().Be(CommitStatus.Ok);
        }
        foreach (var held in claims) await store.ReleaseAsync(held, TimeSpan.Zero, Token);
    }
}
