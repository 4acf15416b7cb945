using Flow.Engine;
using Flow.Storage;
using static Flow.Testing.Storage.StoreDriver;

namespace Flow.Testing.Storage;

public static partial class FlowStoreConformance
{
    private static IEnumerable<ConformanceCase<FlowStoreHarness>> RefusalCases() =>
    [
        Case("fence-lost", "When somebody else has claimed the stream since, every commit of the old holder is refused.", async s =>
        {
            var old = await s.HoldAsync(Shop, s.Unit);
            await s.PassAsync(2);
            var current = await s.ClaimOneAsync();
            var stale = new StreamChange { Claim = old, ExpectedVersion = 0, Snapshot = Json("zombie") };
            Expect.Equal(CommitStatus.FenceLost, (await s.CommitAsync(new() { Change = stale })).Status, "A stale epoch writes nothing.");
            await s.MustAsync(await s.ChangeAsync(current, 0, "mine"));
            Expect.Equal(CommitStatus.FenceLost, (await s.CommitAsync(new() { Change = stale with { ExpectedVersion = 1 } })).Status, "Not even with the right version.");
            Expect.Equal("mine", Text((await s.LoadAsync(Shop))!.Snapshot), "The new holder's state stands.");
        }),

        Case("fence-never-given", "An epoch that was never given out is refused.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            Expect.Equal(CommitStatus.FenceLost, (await s.CommitAsync(new() { Change = new() { Claim = claim with { Epoch = claim.Epoch + 1 }, ExpectedVersion = 0 } })).Status, "Nobody holds it.");
            Expect.Equal(CommitStatus.FenceLost, (await s.CommitAsync(new() { Change = new() { Claim = new(new("app", "other"), claim.Epoch), ExpectedVersion = 0 } })).Status, "A claim is for one stream.");
        }),

        Case("version-conflict", "A commit based on another version than the stored one is refused.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            Expect.Equal(CommitStatus.VersionConflict, (await s.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1 } })).Status, "There is no version yet.");
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1"));
            foreach (var wrong in (long[])[0, 2])
                Expect.Equal(CommitStatus.VersionConflict, (await s.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = wrong } })).Status, "The version is 1.");
            await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1 } });
        }),

        Case("work-gone", "A commit that completes an input which is gone, was never there, or belongs to another stream, is refused.", async s =>
        {
            var blog = new StreamId("app", "blog");
            var claim = await s.HoldAsync(Shop);
            var handled = (await s.WorkAsync(claim)).Single().Id;
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1"));
            var others = await s.HoldAsync(blog);
            foreach (var id in (long[])[handled, long.MaxValue, (await s.WorkAsync(others)).Single().Id])
                Expect.Equal(CommitStatus.WorkGone, (await s.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1 }, Complete = [id] })).Status, "It cannot be completed.");
            Expect.Equal(1, (await s.WorkAsync(others)).Count, "The other stream's input waits on.");
        }),

        Case("key-taken", "A commit that reserves a taken key is refused, and names the key.", async s =>
        {
            await s.MustAsync(new() { Reserve = ["k1"] });
            var result = await s.CommitAsync(new() { Reserve = ["k0", "k1", "k2"] });
            Expect.Equal(new CommitResult(CommitStatus.KeyTaken, Key: "k1"), result, "k1 was taken.");
            await s.MustAsync(new() { Reserve = ["k0", "k2"] });
        }),

        Case("order-of-checks", "Checks are in order: fence, version, inputs, keys.", async s =>
        {
            await s.MustAsync(new() { Reserve = ["taken"] });
            var old = await s.HoldAsync(Shop, s.Unit);
            await s.PassAsync(2);
            var claim = await s.ClaimOneAsync();
            var commit = new FlowCommit { Change = new() { Claim = old, ExpectedVersion = 7 }, Complete = [long.MaxValue], Reserve = ["taken"] };
            Expect.Equal(CommitStatus.FenceLost, (await s.CommitAsync(commit)).Status, "The fence is first.");
            commit = commit with { Change = commit.Change with { Claim = claim } };
            Expect.Equal(CommitStatus.VersionConflict, (await s.CommitAsync(commit)).Status, "Then the version.");
            commit = commit with { Change = commit.Change with { ExpectedVersion = 0 } };
            Expect.Equal(CommitStatus.WorkGone, (await s.CommitAsync(commit)).Status, "Then the inputs.");
            commit = commit with { Complete = [] };
            Expect.Equal(CommitStatus.KeyTaken, (await s.CommitAsync(commit)).Status, "Then the keys.");
        }),

        .. Enum.GetValues<CommitStatus>().Where(status => status != CommitStatus.Ok).Select(status =>
            Case($"refused-leaves-no-trace-{status}", $"A commit refused with {status} leaves no trace of any of its parts.", s => LeavesNoTrace(s, status))),

        Case("malformed", "Misuse throws and writes nothing: completing inputs without changing their stream, and names that are empty, not well-formed, or contain NUL.", async s =>
        {
            await s.PostAsync(Shop, "wake");
            var claim = await s.ClaimOneAsync();
            var work = await s.WorkAsync(claim);
            var change = new StreamChange { Claim = claim, ExpectedVersion = 0 };
            List<FlowCommit> misuses = [new() { Complete = [work[0].Id] }, new() { Change = change with { ExpectedVersion = -1 } }, new() { Enqueue = [Work(default, "to nobody")] }];
            foreach (var bad in (string[])["", "nul\0", "half\ud83d", "\udc00"])
            {
                misuses.Add(new() { Enqueue = [Work(new("app", bad), "x")] });
                misuses.Add(new() { Enqueue = [Work(Shop, "x", requestKey: bad)] });
                misuses.Add(new() { Reserve = ["good", bad] });
                misuses.Add(new() { Change = change with { Events = [new(bad, Json("x"))] } });
            }
            foreach (var misuse in misuses)
            {
                try { await s.CommitAsync(misuse); }
                catch (ArgumentException) { continue; }
                throw new ConformanceException($"It was accepted: {misuse}");
            }
            Expect.That(await s.LoadAsync(Shop) is null && await s.Store.FindKeyAsync("good", s.Token) is null, "Nothing was written.");
            Expect.Equal(1, (await s.WorkAsync(claim)).Count, "Nothing was enqueued.");
        }),

        Case("cancelled-before", "A call with a token that is cancelled already throws and writes nothing.", async s =>
        {
            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            try { await s.Store.CommitAsync(new() { Enqueue = [Work(Shop, "never")] }, cancelled.Token); }
            catch (OperationCanceledException)
            {
                Expect.Equal(0, (await s.ClaimAsync()).Count, "Nothing was written.");
                return;
            }
            throw new ConformanceException("It did not throw.");
        }),
    ];

    private static async Task LeavesNoTrace(StoreDriver s, CommitStatus status)
    {
        var other = new StreamId("run", "other");
        await s.MustAsync(new() { Reserve = ["taken", "asked"] });
        var old = await s.HoldAsync(Shop, s.Unit);
        await s.PassAsync(2);
        var claim = await s.ClaimOneAsync();
        await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = Json("before"), Events = [Event("before")] } });
        var waiting = (await s.WorkAsync(claim)).Single().Id;

        var refused = await s.CommitAsync(new()
        {
            Change = new()
            {
                Claim = status == CommitStatus.FenceLost ? old : claim,
                ExpectedVersion = status == CommitStatus.VersionConflict ? 0 : 1,
                Snapshot = Json("after"), Events = [Event("after")], Owes = true,
            },
            Enqueue = [Work(other, "never"), Work(Shop, "never")],
            Complete = status == CommitStatus.WorkGone ? [waiting, long.MaxValue] : [waiting],
            Reserve = status == CommitStatus.KeyTaken ? ["free", "taken"] : ["free"],
            Answers = [new("asked", Json("never"))],
        });

        Expect.Equal(status, refused.Status, "It is refused.");
        Expect.That(await s.LoadAsync(Shop) is { Version: 1, Owes: false } shop && Text(shop.Snapshot) == "before", "The state is as before.");
        Expect.Sequence(["before"], (await s.EventsAsync()).Select(e => Text(e.Json)), "No event was added.");
        Expect.Sequence([waiting], (await s.WorkAsync(claim)).Select(w => w.Id), "The input waits on, and none was added.");
        Expect.That(await s.Store.FindKeyAsync("free", s.Token) is null, "The free key stays free.");
        Expect.That(await s.Store.FindKeyAsync("asked", s.Token) is { Answer: null }, "Nothing was answered.");
        Expect.Equal(0, (await s.ClaimAsync()).Count, "No other stream was given an input.");
        await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1 }, Complete = [waiting], Reserve = ["free"] });
        await s.ReleaseAsync(claim);
        Expect.Equal(0, (await s.ClaimAsync()).Count, "The stream owes nothing.");
    }
}
