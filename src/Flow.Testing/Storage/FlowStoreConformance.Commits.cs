using System.Text;
using Flow.Engine;
using Flow.Storage;
using static Flow.Testing.Storage.StoreDriver;

namespace Flow.Testing.Storage;

public static partial class FlowStoreConformance
{
    private static IEnumerable<ConformanceCase<FlowStoreHarness>> CommitCases() =>
    [
        Case("load-unwritten", "A stream that was never written loads as null, also when an input waits for it.", async s =>
        {
            Expect.That(await s.LoadAsync(Shop) is null, "Nothing was written.");
            await s.PostAsync(Shop, "hello");
            Expect.That(await s.LoadAsync(Shop) is null, "An input alone does not write its stream.");
        }),

        Case("commit-writes-all", "A commit writes the state, the events, the messages, the keys and the answers, and takes away the completed inputs.", async s =>
        {
            var other = new StreamId("run", "shop.1");
            var claim = await s.HoldAsync(Shop);
            var commit = await s.ChangeAsync(claim, 0, "v1", false, "created", "named");
            var result = await s.CommitAsync(commit with { Enqueue = [Work(other, "begin", requestKey: "r1")], Reserve = ["k1"], Answers = [new("k1", Json("done"))] });

            Expect.Equal(new CommitResult(CommitStatus.Ok, 1), result, "The answer carries the new version.");
            var shop = await s.LoadAsync(Shop);
            Expect.That(shop is { Version: 1, Owes: false }, "The stream is at version 1.");
            Expect.Equal("v1", Text(shop.Snapshot), "The state is the snapshot of the commit.");
            Expect.Sequence(["created", "named"], (await s.EventsAsync()).Select(e => Text(e.Json)), "The events are there.");
            Expect.Sequence([], await s.InputsAsync(claim), "Completed inputs are gone.");
            Expect.Equal("done", Text((await s.Store.FindKeyAsync("k1", s.Token))!.Answer!.Value), "The answer is there.");
            await s.ReleaseAsync(claim);
            var begun = await s.ClaimOneAsync();
            Expect.Equal(other, begun.Stream, "The message has reached its stream.");
            var input = (await s.WorkAsync(begun)).Single();
            Expect.Equal(("begin", "r1"), (Text(input.Input), input.RequestKey), "The message is what was sent.");
        }),

        Case("versions-grow-by-one", "Each commit of a stream makes its version one greater.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            for (var version = 0; version < 5; version++)
                Expect.Equal(version + 1L, await s.MustAsync(await s.ChangeAsync(claim, version, $"v{version + 1}")), "One more.");
            Expect.Equal("v5", Text((await s.LoadAsync(Shop))!.Snapshot), "The last one counts.");
        }),

        Case("null-snapshot-keeps-state", "A change without a snapshot keeps the last state, and still is a version.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "kept"));
            await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1, Events = [Event("noted")] } });
            var shop = await s.LoadAsync(Shop);
            Expect.Equal((2L, "kept"), (shop!.Version, Text(shop.Snapshot)), "Version 2 with the state of version 1.");
        }),

        Case("post-without-change", "A commit without a change posts inputs from outside, and answers with version 0.", async s =>
        {
            var result = await s.CommitAsync(new() { Enqueue = [Work(Shop, "one"), Work(new("app", "blog"), "two")], Reserve = ["delivery-1"] });
            Expect.Equal(new CommitResult(CommitStatus.Ok), result, "No stream, no version.");
            Expect.Equal(2, (await s.ClaimAsync()).Count, "Both streams can be claimed.");
        }),

        Case("empty-commit", "A commit of nothing is written without harm.", async s =>
        {
            await s.MustAsync(new());
            Expect.Equal(0, (await s.ClaimAsync()).Count, "Nothing happened.");
        }),

        Case("large-snapshots", "States, events and inputs of 64 KiB, and of no byte at all, come back as they were.", async s =>
        {
            var large = Encoding.UTF8.GetBytes(new string('x', 65_536));
            await s.MustAsync(new() { Enqueue = [new(Shop, large), new(Shop, default)] });
            var claim = await s.ClaimOneAsync();
            var inputs = await s.WorkAsync(claim);
            Expect.Equal((65_536, 0), (inputs[0].Input.Length, inputs[1].Input.Length), "Inputs are whole.");
            await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = large, Events = [new("Large", large)] } });
            Expect.That((await s.LoadAsync(Shop))!.Snapshot.Span.SequenceEqual(large), "The state is whole.");
            Expect.That((await s.EventsAsync()).Single().Json.Span.SequenceEqual(large), "The event is whole.");
            await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1, Snapshot = ReadOnlyMemory<byte>.Empty } });
            Expect.Equal(0, (await s.LoadAsync(Shop))!.Snapshot.Length, "An empty state replaces the last one.");
        }),

        Case("unwritten", "A change that leaves a stream unwritten completes its input and answers; the stream does not exist, its other inputs stay, and it starts at version 1 later.", async s =>
        {
            await s.MustAsync(new() { Enqueue = [Work(Shop, "who are you?", requestKey: "r1")], Reserve = ["r1"] });
            var claim = await s.ClaimOneAsync();
            var asked = (await s.WorkAsync(claim)).Single();
            await s.PostAsync(Shop, "meanwhile");
            var nobody = new StreamChange { Claim = claim, ExpectedVersion = 0, Unwritten = true };
            var result = await s.CommitAsync(new() { Change = nobody, Complete = [asked.Id], Answers = [new("r1", Json("nobody"))], Enqueue = [Work(new("app", "blog"), "hello")] });
            Expect.Equal(new CommitResult(CommitStatus.Ok), result, "There is no version.");
            Expect.That(await s.LoadAsync(Shop) is null, "The stream does not exist.");
            Expect.Equal(0, (await s.Store.ListAsync("app", null, 10, s.Token)).Count, "It is not listed.");
            Expect.Equal("nobody", Text((await s.Store.FindKeyAsync("r1", s.Token))!.Answer!.Value), "The answer is there.");
            Expect.Sequence(["meanwhile"], (await s.WorkAsync(claim)).Select(w => Text(w.Input)), "What came meanwhile is still to be done, under the same claim.");
            Expect.Equal(CommitStatus.WorkGone, (await s.CommitAsync(new() { Change = nobody, Complete = [asked.Id] })).Status, "Its input is done once.");
            Expect.Equal(1L, await s.MustAsync(await s.ChangeAsync(claim, 0, "v1")), "It starts at version 1.");
            Expect.Equal(CommitStatus.VersionConflict, (await s.CommitAsync(new() { Change = nobody })).Status, "Then it exists.");
        }),

        Case("forget", "Forgetting removes the stream with its events and inputs; a later input starts it anew from version 0.", async s =>
        {
            var other = new StreamId("run", "shop.1");
            await s.WriteAsync(new("app", "blog"), "stays", "stays");
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1", true, "created"));
            await s.MustAsync(new() { Enqueue = [Work(Shop, "too late"), Work(Shop, "much later", s.Unit * 2)] });
            await s.MustAsync(new()
            {
                Change = new() { Claim = claim, ExpectedVersion = 1, Snapshot = Json("v2"), Events = [Event("ended")], Owes = true, Forget = true },
                Enqueue = [Work(other, "survives")],
            });
            Expect.That(await s.LoadAsync(Shop) is null, "The stream is gone.");
            Expect.Sequence(["stays"], (await s.EventsAsync()).Select(e => Text(e.Json)), "Its events are gone, those of others are not.");
            Expect.Equal(0, (await s.Store.ReadStreamEventsAsync(Shop, 0, 10, s.Token)).Count, "Also when asked by stream.");
            Expect.Sequence(["blog"], (await s.Store.ListAsync("app", null, 10, s.Token)).Select(r => r.Stream.Key), "It is not listed.");
            await s.PassAsync(3);
            Expect.Sequence([other], (await s.ClaimAsync()).Select(c => c.Stream), "It owes nothing and its inputs are gone; what it sent to others is not.");

            var again = await s.HoldAsync(Shop);
            Expect.That(again.Epoch > claim.Epoch, "Epochs grow on, so that the old holder stays fenced off.");
            Expect.Equal(CommitStatus.FenceLost, (await s.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = Json("zombie") } })).Status, "It does.");
            Expect.Equal(1L, await s.MustAsync(await s.ChangeAsync(again, 0, "reborn")), "It starts at version 1.");
        }),

        Case("hostile-text", "Keys, kinds, request keys and event types are opaque: any well-formed text without NUL comes back as it was and is equal only to itself.", async s =>
        {
            foreach (var text in Hostile)
            {
                var stream = new StreamId("app", text);
                await s.WriteAsync(stream, "mine", text);
                Expect.Equal(stream, (await s.LoadAsync(stream))?.Stream, "The stream is found under its key.");
                Expect.Equal(CommitStatus.Ok, (await s.CommitAsync(new() { Reserve = [text] })).Status, $"The key '{text}' is not one of the others.");
                Expect.Equal(text, (await s.Store.FindKeyAsync(text, s.Token))?.Key, "The key is found.");
            }
            var listed = await s.Store.ListAsync("app", null, 1_000, s.Token);
            Expect.Sequence(Hostile.Order(StringComparer.Ordinal), listed.Select(r => r.Stream.Key), "All are listed, in ordinal order.");
            Expect.Sequence(Hostile, (await s.EventsAsync()).Select(e => e.Stream.Key), "Events name their streams.");
        }),
    ];

    // Look-alikes, what databases read as patterns or as the end of a string, right-to-left marks, long text. In an order in which UTF-8 and UTF-16 agree.
    private static readonly string[] Hostile =
    [
        "shop", "Shop", "SHOP", " shop", "shop ", "sh%p", "sh_p", "sh*p", "s'; DROP TABLE streams; --", "\"shop\"", "shop\\", "shop/1", "../shop", "\t\r\n", "0", "00", "-1",
        "caf\u00e9", "cafe\u0301", "stra\u00dfe", "strasse", "\u0130stanbul", "\u202eshop", "\u05d0\u05d1", "\u65e5\u672c", "\U0001f680", "\U0001f680\U0001f680", new('k', 1_000),
    ];
}
