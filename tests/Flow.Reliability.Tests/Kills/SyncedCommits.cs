using System.Globalization;
using Flow.Engine;
using Flow.Storage;
using Flow.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Reliability.Tests.Kills;

/// <summary>
/// The child that commits under a watch of its disk, and prints how many answers came, how many of them too early, and how many syncs there were. A process of its
/// own, because the watch is for a whole one.
/// </summary>
internal static class SyncedCommits
{
    public const string Name = "synced-commits", OneByOne = "one-by-one", Together = "together", WithoutSync = "without-sync";
    private const int Commits = 400, Committers = 16;

    public static async Task<int> RunAsync(string path, string how)
    {
        SyncWatch.Begin();
        int early;
        if (how == WithoutSync) early = Unsynced(path);
        else
        {
            await using var store = new SqliteFlowStore(new() { Path = path }, TimeProvider.System, NullLogger<SqliteFlowStore>.Instance);
            early = how == OneByOne
                ? await CommitAsync(store, 0, Commits, () => SyncWatch.AllSynced)
                : (await Task.WhenAll(Enumerable.Range(1, Committers).Select(n => Task.Run(() => CommitAsync(store, n, Commits / Committers, null))))).Sum();
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Commits} {early} {SyncWatch.Syncs}"));
        return 0;
    }

    /// <summary>How many answers came before the disk had it. Alone, nothing may be unsynced; with others, there must have been a sync between question and answer.</summary>
    private static async Task<int> CommitAsync(SqliteFlowStore store, int committer, int times, Func<bool>? alone)
    {
        var early = 0;
        for (var i = 0; i < times; i++)
        {
            var before = SyncWatch.Syncs;
            var result = await store.CommitAsync(new() { Enqueue = [new(new StreamId("app", $"s{committer}-{i}"), "0"u8.ToArray())], Reserve = [$"k{committer}-{i}"] }, default);
            if (result.Status != CommitStatus.Ok) throw new InvalidOperationException(result.ToString());
            if (SyncWatch.Syncs == before || alone?.Invoke() == false) early++;
        }
        return early;
    }

    /// <summary>What a store would do that does not wait for the disk.</summary>
    private static int Unsynced(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Execute("PRAGMA journal_mode=WAL");
        Execute("PRAGMA synchronous=NORMAL");
        Execute("CREATE TABLE t (n INTEGER)");
        var early = 0;
        for (var i = 0; i < Commits; i++)
        {
            var before = SyncWatch.Syncs;
            Execute("INSERT INTO t VALUES (1)");
            if (SyncWatch.Syncs == before || !SyncWatch.AllSynced) early++;
        }
        return early;

        void Execute(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteScalar();
        }
    }
}
