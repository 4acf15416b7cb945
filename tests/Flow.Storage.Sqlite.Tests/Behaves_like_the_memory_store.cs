using System.Text;
using Flow.Engine;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>Two implementations of one contract, the same random calls, one clock: whatever differs is a defect of one of them.</summary>
public sealed class Behaves_like_the_memory_store
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task In_any_order_of_calls(int seed)
    {
        var clock = new FakeTimeProvider();
        using var database = new TemporaryDatabase();
        using var memory = new MemoryFlowStore(clock);
        await using var sqlite = database.Open(clock);
        var (chance, story) = (new Random(seed), new List<string>());
        var held = new List<(Claim Memory, Claim Sqlite)>();
        for (var turn = 0; turn < 300; turn++)
        {
            switch (chance.Next(10))
            {
                case 0: clock.Advance(TimeSpan.FromSeconds(chance.Next(1, 200))); break;
                case 1: await ClaimAsync(); break;
                case 2 when held.Count > 0: await GiveBackAsync(held[chance.Next(held.Count)]); break;
                case 3 when held.Count > 0:
                    var renewed = held[chance.Next(held.Count)];
                    Same("renew", await memory.RenewAsync(renewed.Memory, Lease, Token), await sqlite.RenewAsync(renewed.Sqlite, Lease, Token));
                    break;
                case 4: await PostAsync(); break;
                case 5 when chance.Next(8) == 0:
                    var age = TimeSpan.FromSeconds(chance.Next(2_000));
                    Same("prune", await memory.PruneAsync(age, Token), await sqlite.PruneAsync(age, Token));
                    break;
                default: await (held.Count > 0 ? ChangeAsync(held[chance.Next(held.Count)]) : PostAsync()); break;
            }
        }
        Same("events", Text(await memory.ReadEventsAsync(0, 10_000, Token)), Text(await sqlite.ReadEventsAsync(0, 10_000, Token)));
        Same("streams", Text(await memory.ListAsync("app", null, 100, Token)), Text(await sqlite.ListAsync("app", null, 100, Token)));
        for (var i = 0; i < 20; i++) Same($"k{i}", Text(await memory.FindKeyAsync($"k{i}", Token)), Text(await sqlite.FindKeyAsync($"k{i}", Token)));
        return;

        async Task ClaimAsync()
        {
            var max = chance.Next(1, 4);
            var (a, b) = (await memory.ClaimAsync("n", max, Lease, Token), await sqlite.ClaimAsync("n", max, Lease, Token));
            Same("claims", string.Join(' ', a.Select(c => c.Stream)), string.Join(' ', b.Select(c => c.Stream)));
            held.AddRange(a.Zip(b));
        }

        async Task GiveBackAsync((Claim Memory, Claim Sqlite) claim)
        {
            var after = TimeSpan.FromSeconds(chance.Next(60));
            await memory.ReleaseAsync(claim.Memory, after, Token);
            await sqlite.ReleaseAsync(claim.Sqlite, after, Token);
            // A claim that was given back is sometimes kept, to see it refused.
            if (chance.Next(3) > 0) held.Remove(claim);
        }

        async Task PostAsync()
        {
            var commit = new FlowCommit { Enqueue = Work(chance.Next(1, 3)), Reserve = Keys() };
            Same("post", await memory.CommitAsync(commit, Token), await sqlite.CommitAsync(commit, Token));
        }

        async Task ChangeAsync((Claim Memory, Claim Sqlite) claim)
        {
            var max = chance.Next(1, 5);
            var (a, b) = (await memory.ReadWorkAsync(claim.Memory, max, Token), await sqlite.ReadWorkAsync(claim.Sqlite, max, Token));
            Same("inputs", string.Join(' ', a.Select(w => Text(w.Input))), string.Join(' ', b.Select(w => Text(w.Input))));
            var version = ((await memory.LoadAsync(claim.Memory.Stream, Token))?.Version ?? 0) + (chance.Next(15) == 0 ? 1 : 0);
            var commit = new FlowCommit
            {
                Change = new()
                {
                    Claim = claim.Memory, ExpectedVersion = version, Snapshot = chance.Next(4) == 0 ? null : Json($"state {story.Count}"),
                    Owes = chance.Next(3) == 0, Forget = chance.Next(12) == 0, Events = [.. Enumerable.Range(0, chance.Next(3)).Select(i => new NewEvent("E", Json($"{story.Count}.{i}")))],
                },
                Complete = [.. a.Select(w => w.Id)], Enqueue = Work(chance.Next(3)), Reserve = Keys(),
                Answers = chance.Next(4) == 0 ? [new($"k{chance.Next(20)}", Json($"answer {story.Count}"))] : [],
            };
            Same("change", await memory.CommitAsync(commit, Token),
                await sqlite.CommitAsync(commit with { Change = commit.Change with { Claim = claim.Sqlite }, Complete = [.. b.Select(w => w.Id)] }, Token));
        }

        IReadOnlyList<NewWork> Work(int count) => [.. Enumerable.Range(0, count).Select(i => new NewWork(new("app", $"s{chance.Next(8)}"), Json($"w{story.Count}.{i}"),
            TimeSpan.FromSeconds(Math.Max(0, chance.Next(-60, 60))), chance.Next(3) == 0 ? $"k{chance.Next(20)}" : null))];

        IReadOnlyList<string> Keys() => chance.Next(3) == 0 ? [.. Enumerable.Range(0, chance.Next(1, 3)).Select(_ => $"k{chance.Next(20)}").Distinct()] : [];

        void Same<T>(string what, T expected, T found)
        {
            story.Add($"{what}: {expected}");
            found.Should().Be(expected, "seed {0}, after {1}", seed, string.Join("; ", story.TakeLast(8)));
        }
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 40)];

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes($"\"{text}\"");
    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);
    private static string Text(KeyRecord? key) => key is null ? "free" : key.Answer is { } answer ? Text(answer) : "open";
    private static string Text(IReadOnlyList<StreamRecord> streams) => string.Join('\n', streams.Select(s => $"{s.Stream} {s.Version} {s.Owes} {Text(s.Snapshot)}"));
    private static string Text(IReadOnlyList<StoredEvent> events) => string.Join('\n', events.Select(e => $"{e.Stream} {e.Version} {e.Type} {e.At:O} {Text(e.Json)}"));
}
