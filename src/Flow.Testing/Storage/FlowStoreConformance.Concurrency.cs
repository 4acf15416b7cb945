using System.Globalization;
using Flow.Engine;
using Flow.Storage;
using static Flow.Testing.Storage.StoreDriver;

namespace Flow.Testing.Storage;

public static partial class FlowStoreConformance
{
    private static IEnumerable<ConformanceCase<FlowStoreHarness>> ConcurrencyCases() =>
    [
        Case("concurrent-streams", "Commits on many streams at once: none is lost, none is doubled, each stream in its own order.", async s =>
        {
            const int Streams = 32, Commits = 20;
            for (var i = 0; i < Streams; i++) await s.PostAsync(new("app", $"s{i}"), "wake");
            var claims = await s.ClaimAsync(Streams);
            Expect.Equal(Streams, claims.Count, "All can be claimed.");
            await Task.WhenAll(claims.Select(claim => Task.Run(async () =>
            {
                for (var version = 0; version < Commits; version++)
                    await s.MustAsync(await s.ChangeAsync(claim, version, $"{version + 1}", false, $"{version + 1}") with { Enqueue = [Work(claim.Stream, "again")], Reserve = [$"{claim.Stream}-{version}"] });
            }, s.Token)));
            Expect.Equal(Streams * Commits, (int)await s.Store.CountEventsAsync(s.Token), "Every event once.");
            foreach (var claim in claims)
            {
                Expect.That(await s.LoadAsync(claim.Stream) is { Version: Commits }, "Every version.");
                var events = await s.Store.ReadStreamEventsAsync(claim.Stream, 0, 1_000, s.Token);
                Expect.Sequence(Enumerable.Range(1, Commits), events.Select(e => int.Parse(Text(e.Json), CultureInfo.InvariantCulture)), "In order.");
                Expect.Equal(1, (await s.WorkAsync(claim)).Count, "The last message waits.");
            }
        }),

        Case("concurrent-same-version", "Of many commits based on one version, exactly one is written.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            for (var version = 0; version < 10; version++)
            {
                var based = version;
                var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () => (await s.CommitAsync(
                    new() { Change = new() { Claim = claim, ExpectedVersion = based, Snapshot = Json($"{i}"), Events = [Event("one")] } })).Status, s.Token)));
                Expect.Equal(1, results.Count(r => r == CommitStatus.Ok), "One wins.");
                Expect.Equal(15, results.Count(r => r == CommitStatus.VersionConflict), "The others are told.");
            }
            Expect.Equal(10L, await s.Store.CountEventsAsync(s.Token), "Only the winners left events.");
        }),

        Case("concurrent-same-key", "Of many commits that reserve one key, exactly one is written, and the others leave nothing.", async s =>
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(async () => (await s.CommitAsync(
                new() { Reserve = [$"own-{i}", "delivery"], Enqueue = [Work(Shop, "once")] })).Status, s.Token)));
            Expect.Equal(1, results.Count(r => r == CommitStatus.Ok), "One wins.");
            Expect.Equal(31, results.Count(r => r == CommitStatus.KeyTaken), "The others are told.");
            Expect.Equal(1, (await s.WorkAsync(await s.ClaimOneAsync())).Count, "One input.");
            var own = 0;
            for (var i = 0; i < 32; i++) own += await s.Store.FindKeyAsync($"own-{i}", s.Token) is null ? 0 : 1;
            Expect.Equal(1, own, "Only the winner's other key is taken.");
        }),

        Case("concurrent-claims", "Many who claim at once never get the same stream.", async s =>
        {
            for (var i = 0; i < 40; i++) await s.PostAsync(new("app", $"s{i}"), "wake");
            var claims = (await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            {
                var mine = new List<Claim>();
                while (await s.Store.ClaimAsync($"node-{i}", 3, LongLease, s.Token) is { Count: > 0 } some) mine.AddRange(some);
                return mine;
            }, s.Token)))).SelectMany(c => c).ToList();
            Expect.Equal((40, 40), (claims.Count, claims.Select(c => c.Stream).Distinct().Count()), "Each stream once.");
        }),

        Case("claim-during-commit", "Once a claim is given out, no commit of an earlier holder is written any more, also when both are asked for at the same moment.", async s =>
        {
            const int Streams = 64;
            for (var round = 0; round < 3; round++)
            {
                for (var i = 0; i < Streams; i++) await s.PostAsync(new($"round-{round}", $"s{i}"), "wake");
                var old = await s.ClaimAsync(Streams, s.Unit);
                await s.PassAsync(2);
                var late = old.Select(claim => Task.Run(async () => (await s.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Owes = true } })).Status, s.Token)).ToList();
                var next = new List<Task<CommitResult>>();
                while (next.Count < Streams)
                {
                    await Expect.Completes(s.Store.WaitForClaimsAsync(s.Token), "All can be claimed again.");
                    foreach (var claim in await s.ClaimAsync(4))
                        next.Add(CommitNextAsync(s, claim));
                }
                Expect.That((await Task.WhenAll(late)).All(r => r is CommitStatus.Ok or CommitStatus.FenceLost), "The earlier holder is in time or fenced off.");
                Expect.That((await Task.WhenAll(next)).All(r => r.Status == CommitStatus.Ok), "What the new holder loads stays as it is until it commits.");
            }
        }),

        Case("concurrent-readers", "Who reads events while others commit sees every event, in order, without a gap that is filled later.", async s =>
        {
            const int Streams = 8, Commits = 50;
            for (var i = 0; i < Streams; i++) await s.PostAsync(new("app", $"s{i}"), "wake");
            var claims = await s.ClaimAsync(Streams);
            var reading = Task.Run(async () =>
            {
                var (after, seen) = (0L, 0);
                while (seen < Streams * Commits)
                {
                    await Expect.Completes(s.Store.WaitForEventsAsync(after, s.Token), "Events come.");
                    var page = await s.EventsAsync(after, 100);
                    seen += page.Count;
                    if (page.Count > 0) after = page[^1].Position;
                }
                return seen;
            }, s.Token);
            await Task.WhenAll(claims.Select(claim => Task.Run(async () =>
            {
                for (var version = 0; version < Commits; version++)
                    await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = version, Events = [Event("e")] } });
            }, s.Token)));
            await Expect.Completes(reading, "The reader sees all of them.");
        }),
    ];

    private static async Task<CommitResult> CommitNextAsync(StoreDriver s, Claim claim)
    {
        var version = (await s.LoadAsync(claim.Stream))?.Version ?? 0;
        return await s.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = version } });
    }

    private static IEnumerable<ConformanceCase<FlowStoreHarness>> ReopenCases() =>
    [
        ReopenCase("reopen-keeps", "After a kill everything that was answered is there: states, events, inputs, timers, keys, answers.", async s =>
        {
            await s.WriteAsync(new("app", "blog"), "blog", "1");
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "shop", false, "2") with
            {
                Enqueue = [Work(Shop, "first"), Work(Shop, "second", requestKey: "k1"), Work(Shop, "later", s.Unit * 4)],
                Reserve = ["k1", "k2"], Answers = [new("k2", Json("yes"))],
            });
            await s.ReopenAsync();
            Expect.Sequence(["blog", "shop"], (await s.Store.ListAsync("app", null, 10, s.Token)).Select(r => Text(r.Snapshot)), "The states.");
            Expect.Sequence(["1", "2"], (await s.EventsAsync()).Select(e => Text(e.Json)), "The events.");
            Expect.That(await s.Store.FindKeyAsync("k1", s.Token) is { Answer: null }, "The open key.");
            Expect.Equal("yes", Text((await s.Store.FindKeyAsync("k2", s.Token))!.Answer!.Value), "The answer.");
            var again = await s.ClaimOneAsync();
            var inputs = await s.WorkAsync(again);
            Expect.Sequence([("first", null), ("second", "k1")], inputs.Select(w => (Text(w.Input), w.RequestKey)), "The inputs, in order.");
            await s.PassAsync(5);
            Expect.Sequence(["first", "second", "later"], await s.InputsAsync(again), "The timer in its time.");
            await s.MustAsync(await s.ChangeAsync(again, 1, "shop 2", false, "3"));
            var events = await s.EventsAsync();
            Expect.Sequence(["1", "2", "3"], events.Select(e => Text(e.Json)), "Positions grow on.");
        }),

        ReopenCase("reopen-drops-leases", "Streams that were held or owed an effect when the process died can be claimed at once, under a greater epoch.", async s =>
        {
            var held = await s.HoldAsync(Shop);
            var owing = await s.HoldAsync(new("app", "blog"));
            await s.MustAsync(await s.ChangeAsync(owing, 0, "v1", owes: true));
            await s.ReopenAsync();
            var claims = (await s.ClaimAsync()).ToDictionary(c => c.Stream, c => c.Epoch);
            Expect.Equal(2, claims.Count, "Both.");
            Expect.That(claims[held.Stream] > held.Epoch && claims[owing.Stream] > owing.Epoch, "Epochs grow on.");
            Expect.Equal(CommitStatus.FenceLost, (await s.CommitAsync(new() { Change = new() { Claim = held, ExpectedVersion = 0 } })).Status, "The dead holder is fenced off.");
        }),

        ReopenCase("reopen-positions-pruned", "Positions grow on after everything was pruned and the store was opened again.", async s =>
        {
            await s.WriteAsync(Shop, "v1", "1", "2");
            var last = (await s.EventsAsync())[^1].Position;
            await s.PassAsync(2);
            await s.Store.PruneAsync(s.Unit, s.Token);
            await GrowsOnAsync(s, last);
        }),

        ReopenCase("reopen-positions-forgotten", "Positions grow on after the stream with the last event was forgotten and the store was opened again.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1", false, "1"));
            var last = (await s.EventsAsync())[^1].Position;
            await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1, Forget = true, Events = [Event("2")] } });
            await GrowsOnAsync(s, last);
        }),
    ];

    private static async Task GrowsOnAsync(StoreDriver s, long last)
    {
        await s.ReopenAsync();
        await s.WriteAsync(new("app", "new"), "v1", "new");
        Expect.That((await s.EventsAsync()).Single().Position > last, "A reader that remembers a position misses nothing.");
    }
}
