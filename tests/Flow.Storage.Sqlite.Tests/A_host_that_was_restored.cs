using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>The restore drill of docs/operations.md, with a whole engine.</summary>
public sealed class A_host_that_was_restored
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Starts_what_should_run_and_catches_up_with_the_repository()
    {
        using var database = new TemporaryDatabase();
        var backup = Path.Combine(database.Folder, "backup.db");
        await using (var host = new FakeHost(database.Path))
        {
            host.Source.Push("main", FakeHost.Commit(1));
            await host.StartAsync();
            (await host.Pipelines.DeclareAsync(FakeHost.Definition)).OrThrow();
            await Eventually.BeAsync(() => host.IsDeployedAsync(1), "the first commit serves");
            await new SqliteBackup(new() { Path = database.Path }, TimeProvider.System, NullLogger<SqliteBackup>.Instance).BackupAsync(backup, Token);
            host.Source.Push("main", FakeHost.Commit(2));
            await host.Pipelines.LookAsync(FakeHost.Shop, Token);
            await Eventually.BeAsync(() => host.IsDeployedAsync(2), "the second commit serves");
        }
        foreach (var lost in Directory.GetFiles(database.Folder, "flow.db*")) File.Move(lost, lost + ".damaged");
        File.Copy(backup, database.Path);

        // A runtime whose processes were ended, and a source that is down at first: only what is stored is known.
        await using var restored = new FakeHost(database.Path);
        restored.Source.Outage = new("source-unreachable", "It is down.", transient: true);
        await restored.StartAsync();
        await Eventually.BeAsync(() => restored.IsDeployedAsync(1), "it knows the first commit");
        await Eventually.BeAsync(() => restored.Runtime.Running.Values.Any(d => d.Artifact.Provenance.Commit == FakeHost.Commit(1)), "what should run is started");

        restored.Source.Push("main", FakeHost.Commit(2));
        restored.Source.Outage = null;
        await restored.Pipelines.LookAsync(FakeHost.Shop, Token);
        await Eventually.BeAsync(() => restored.IsDeployedAsync(2), "it catches up with the repository");
    }
}
