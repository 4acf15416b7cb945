using Flow.Engine;
using Flow.Storage;
using static Flow.Testing.Storage.StoreDriver;

namespace Flow.Testing.Storage;

public static partial class FlowStoreConformance
{
    private static IEnumerable<ConformanceCase<FlowStoreHarness>> EventCases() =>
    [
        Case("events-in-order", "Events of all streams come in the order of commit, with stream, version, type and time.", async s =>
        {
            await s.WriteAsync(Shop, "v1", "1", "2");
            await s.WriteAsync(new("app", "blog"), "v1", "3");
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 1, "v2", false, "4"));
            var events = await s.EventsAsync();
            Expect.Sequence([("shop", 1L, "1"), ("shop", 1L, "2"), ("blog", 1L, "3"), ("shop", 2L, "4")], events.Select(e => (e.Stream.Key, e.Version, Text(e.Json))), "As committed.");
            var positions = events.Select(e => e.Position).ToList();
            Expect.That(positions[0] > 0 && positions.Zip(positions.Skip(1)).All(p => p.First < p.Second), "Positions grow, from above 0.");
            Expect.That(events.All(e => e.Type == "Tested"), "Types are kept.");
            Expect.That(events[0].At <= events[^1].At && events[^1].At - events[0].At < TimeSpan.FromDays(1), "Times are of the store's clock.");
        }),

        Case("events-by-page", "Events are read page by page, after a position.", async s =>
        {
            await s.WriteAsync(Shop, "v1", [.. Enumerable.Range(0, 25).Select(i => $"{i}")]);
            var (after, read) = (0L, new List<string>());
            while (await s.EventsAsync(after, 10) is { Count: > 0 } page)
            {
                Expect.That(page.Count <= 10, "At most as many as asked for.");
                read.AddRange(page.Select(e => Text(e.Json)));
                after = page[^1].Position;
            }
            Expect.Sequence(Enumerable.Range(0, 25).Select(i => $"{i}"), read, "Each once.");
            Expect.Equal(0, (await s.EventsAsync(after + 1_000)).Count, "After the last there are none.");
        }),

        Case("events-of-stream", "Events of one stream, oldest first, page by page.", async s =>
        {
            await s.WriteAsync(Shop, "v1", "1", "2");
            await s.WriteAsync(new("app", "blog"), "v1", "x");
            await s.WriteAsync(new("run", "shop"), "v1", "y");
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 1, "v2", false, "3"));
            var first = await s.Store.ReadStreamEventsAsync(Shop, 0, 2, s.Token);
            var rest = await s.Store.ReadStreamEventsAsync(Shop, first[^1].Position, 2, s.Token);
            Expect.Sequence(["1", "2", "3"], first.Concat(rest).Select(e => Text(e.Json)), "Its own, and no others.");
            Expect.Equal(0, (await s.Store.ReadStreamEventsAsync(new("app", "none"), 0, 2, s.Token)).Count, "An unknown stream has none.");
        }),

        Case("count-events", "The number of events.", async s =>
        {
            Expect.Equal(0L, await s.Store.CountEventsAsync(s.Token), "None yet.");
            await s.WriteAsync(Shop, "v1", "1", "2", "3");
            Expect.Equal(3L, await s.Store.CountEventsAsync(s.Token), "Three.");
        }),
    ];

    private static IEnumerable<ConformanceCase<FlowStoreHarness>> StreamCases() =>
    [
        Case("list-by-page", "Streams of a kind are listed in ordinal order of their keys, page by page, each once.", async s =>
        {
            string[] keys = ["b", "a", "C", "a-1", "a1", "aa", "\u00e4", "Z", "10", "9"];
            foreach (var key in keys) await s.WriteAsync(new("app", key), key);
            await s.WriteAsync(new("run", "a"), "other kind");
            await s.PostAsync(new("app", "unwritten"), "input");
            var (after, listed) = ((string?)null, new List<string>());
            while (await s.Store.ListAsync("app", after, 3, s.Token) is { Count: > 0 } page)
            {
                Expect.That(page.Count <= 3, "At most as many as asked for.");
                listed.AddRange(page.Select(r => r.Stream.Key));
                after = page[^1].Stream.Key;
            }
            Expect.Sequence(keys.Order(StringComparer.Ordinal), listed, "Written streams of that kind.");
            Expect.Sequence(["aa", "b"], (await s.Store.ListAsync("app", "a1x", 2, s.Token)).Select(r => r.Stream.Key), "A page may begin after a key that does not exist.");
        }),

        Case("list-is-current", "A list shows state, version and debt as last committed.", async s =>
        {
            await s.WriteAsync(Shop, "v1");
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 1, "v2", owes: true));
            var shop = (await s.Store.ListAsync("app", null, 10, s.Token)).Single();
            Expect.Equal((2L, "v2", true), (shop.Version, Text(shop.Snapshot), shop.Owes), "As LoadAsync does.");
            Expect.Equal(0, (await s.Store.ListAsync("none", null, 10, s.Token)).Count, "An unknown kind has none.");
        }),
    ];
}
