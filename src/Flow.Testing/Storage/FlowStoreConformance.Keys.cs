using Flow.Engine;
using Flow.Storage;
using static Flow.Testing.Storage.StoreDriver;

namespace Flow.Testing.Storage;

public static partial class FlowStoreConformance
{
    private static IEnumerable<ConformanceCase<FlowStoreHarness>> KeyCases() =>
    [
        Case("key-free", "A key that nobody reserved is null.", async s =>
            Expect.That(await s.Store.FindKeyAsync("k1", s.Token) is null, "It is free.")),

        Case("key-and-answer", "A reserved key has no answer until one is given, by whichever commit.", async s =>
        {
            await s.MustAsync(new() { Reserve = ["k1"], Enqueue = [Work(Shop, "ask", requestKey: "k1")] });
            Expect.That(await s.Store.FindKeyAsync("k1", s.Token) is { Key: "k1", Answer: null }, "Nothing was answered yet.");
            var claim = await s.ClaimOneAsync();
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1") with { Answers = [new("k1", Json("yes"))] });
            Expect.Equal("yes", Text((await s.Store.FindKeyAsync("k1", s.Token))!.Answer!.Value), "Now it is.");
        }),

        Case("answer-to-free-key", "An answer under a key that is not reserved is ignored.", async s =>
        {
            await s.MustAsync(new() { Answers = [new("k1", Json("yes"))] });
            Expect.That(await s.Store.FindKeyAsync("k1", s.Token) is null, "It stays free.");
            await s.MustAsync(new() { Reserve = ["k1"] });
            Expect.That(await s.Store.FindKeyAsync("k1", s.Token) is { Answer: null }, "And was not answered.");
        }),

        Case("reserve-and-answer", "A commit can answer under the key that it reserves.", async s =>
        {
            await s.MustAsync(new() { Reserve = ["k1"], Answers = [new("k1", Json("at once"))] });
            Expect.Equal("at once", Text((await s.Store.FindKeyAsync("k1", s.Token))!.Answer!.Value), "It is answered.");
        }),

        Case("keys-outlive-streams", "Keys belong to no stream: they stay when one is forgotten.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Forget = true }, Reserve = ["k1"] });
            Expect.Equal(CommitStatus.KeyTaken, (await s.CommitAsync(new() { Reserve = ["k1"] })).Status, "It is taken.");
        }),
    ];

    private static IEnumerable<ConformanceCase<FlowStoreHarness>> PruneCases() =>
    [
        Case("prune-events-and-keys", "Pruning removes what is older, and nothing younger; it says how much. Streams, states and inputs stay.", async s =>
        {
            await s.WriteAsync(Shop, "kept", "old-1", "old-2");
            await s.MustAsync(new() { Reserve = ["old"], Answers = [new("old", Json("answered"))], Enqueue = [Work(Shop, "waits", s.Unit * 6)] });
            await s.PassAsync(4);
            await s.WriteAsync(new("app", "blog"), "kept", "young");
            await s.MustAsync(new() { Reserve = ["young"] });
            Expect.Equal(0, await s.Store.PruneAsync(s.Unit * 100, s.Token), "Nothing is that old.");
            Expect.Equal(3, await s.Store.PruneAsync(s.Unit * 3, s.Token), "Two events and a key.");
            Expect.Sequence(["young"], (await s.EventsAsync()).Select(e => Text(e.Json)), "The young event stays.");
            Expect.Equal(0, (await s.Store.ReadStreamEventsAsync(Shop, 0, 10, s.Token)).Count, "Also by stream.");
            Expect.Equal(1L, await s.Store.CountEventsAsync(s.Token), "One is left.");
            Expect.That(await s.Store.FindKeyAsync("old", s.Token) is null, "The old key is free again.");
            Expect.That(await s.Store.FindKeyAsync("young", s.Token) is not null, "The young key is not.");
            Expect.Equal("kept", Text((await s.LoadAsync(Shop))!.Snapshot), "States stay.");
            await s.PassAsync(3);
            Expect.Sequence(["waits"], await s.InputsAsync(await s.ClaimOneAsync()), "Inputs stay.");
        }),

        Case("prune-keeps-open-requests", "A key under which a request still waits for its answer stays, however old.", async s =>
        {
            await s.MustAsync(new() { Reserve = ["open"], Enqueue = [Work(Shop, "ask", requestKey: "open")] });
            await s.PassAsync(4);
            Expect.Equal(0, await s.Store.PruneAsync(s.Unit, s.Token), "Somebody waits for it.");
            await s.MustAsync(new() { Answers = [new("open", Json("at last"))] });
            Expect.Equal(1, await s.Store.PruneAsync(s.Unit, s.Token), "Now nobody does.");
        }),

        Case("positions-after-prune", "Positions grow on after everything was pruned or forgotten.", async s =>
        {
            await s.WriteAsync(Shop, "v1", "a", "b");
            var last = (await s.EventsAsync())[^1].Position;
            await s.PassAsync(2);
            await s.Store.PruneAsync(s.Unit, s.Token);
            await s.WriteAsync(new("app", "blog"), "v1", "c");
            var next = (await s.EventsAsync()).Single().Position;
            Expect.That(next > last, "A reader that remembers a position misses nothing.");
        }),

        Case("prune-in-steps", "One call removes at most 10,000 rows, so that writers never wait long.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            var events = Enumerable.Range(0, 1_000).Select(i => Event("e")).ToList();
            for (var version = 0; version < 11; version++)
                await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = version, Events = events } });
            await s.PassAsync(3);
            Expect.Equal(10_000, await s.Store.PruneAsync(s.Unit, s.Token), "The first step.");
            Expect.Equal(1_000, await s.Store.PruneAsync(s.Unit, s.Token), "The rest.");
            Expect.Equal(0, await s.Store.PruneAsync(s.Unit, s.Token), "Nothing is left.");
        }),
    ];
}
