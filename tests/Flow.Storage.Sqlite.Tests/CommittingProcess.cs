using System.Diagnostics;
using System.Text;
using Flow.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>A process that commits on many streams as fast as it can, and writes down each answer, until it is killed.</summary>
internal static class CommittingProcess
{
    public const string Argument = "commit-until-killed";
    public const int Streams = 32;

    public static Process Start(string database, string answered)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(CommittingProcess).Assembly.Location);
        foreach (var argument in (string[])[Argument, database, answered]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    public static async Task<int> RunAsync(string database, string answered)
    {
        await using var store = new SqliteFlowStore(new() { Path = database }, TimeProvider.System, NullLogger<SqliteFlowStore>.Instance);
        await using var answers = new FileStream(answered, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        for (var i = 0; i < Streams; i++)
            await store.CommitAsync(new() { Enqueue = [new(new("app", $"s{i}"), "0"u8.ToArray())] }, CancellationToken.None);
        var claims = await store.ClaimAsync("child", Streams, TimeSpan.FromHours(1), CancellationToken.None);
        await Task.WhenAll(claims.Select(claim => Task.Run(() => CommitAsync(store, claim, answers))));
        return 0;
    }

    private static async Task CommitAsync(SqliteFlowStore store, Claim claim, FileStream answers)
    {
        var version = (await store.LoadAsync(claim.Stream, CancellationToken.None))?.Version ?? 0;
        for (var deadline = Stopwatch.StartNew(); deadline.Elapsed < TimeSpan.FromMinutes(1);)
        {
            var work = await store.ReadWorkAsync(claim, 100, CancellationToken.None);
            var json = Encoding.UTF8.GetBytes($"{version + 1}");
            var result = await store.CommitAsync(new()
            {
                Change = new() { Claim = claim, ExpectedVersion = version, Snapshot = json, Events = [new("Counted", json)] },
                Complete = [.. work.Select(w => w.Id)],
                Enqueue = [new(claim.Stream, json)],
                Reserve = [$"{claim.Stream}-{version + 1}"],
            }, CancellationToken.None);
            if (result.Status != CommitStatus.Ok) throw new InvalidOperationException(result.ToString());
            version = result.Version;
            var line = Encoding.UTF8.GetBytes($"{claim.Stream.Key} {version}\n");
            lock (answers) answers.Write(line);
        }
    }
}
