using Flow.Engine;
using Flow.Storage;
using static Flow.Testing.Storage.StoreDriver;

namespace Flow.Testing.Storage;

public static partial class FlowStoreConformance
{
    private static IEnumerable<ConformanceCase<FlowStoreHarness>> LeaseCases() =>
    [
        Case("claim-nothing", "With nothing to do there is nothing to claim.", async s =>
        {
            await s.WriteAsync(Shop, "idle");
            Expect.Equal(0, (await s.ClaimAsync()).Count, "An idle stream is not claimable.");
        }),

        Case("claim-longest-waiting", "Those waiting longest are claimed first, at most as many as asked for.", async s =>
        {
            string[] keys = ["c", "a", "d", "b"];
            foreach (var key in keys)
            {
                await s.PostAsync(new("app", key), "wake");
                await s.PassAsync(0.1);
            }
            Expect.Sequence(["c", "a", "d"], (await s.ClaimAsync(3)).Select(c => c.Stream.Key), "In the order of waiting.");
            Expect.Sequence(["b"], (await s.ClaimAsync()).Select(c => c.Stream.Key), "Then the rest.");
        }),

        Case("claim-excludes", "A held stream is not given to anybody else.", async s =>
        {
            await s.HoldAsync(Shop);
            Expect.Equal(0, (await s.ClaimAsync()).Count, "It has a due input, and is held.");
            Expect.Equal(0, (await s.Store.ClaimAsync("node-b", 10, LongLease, s.Token)).Count, "For every node.");
        }),

        Case("lease-end", "When the lease ends the stream can be claimed again, under a greater epoch.", async s =>
        {
            var first = await s.HoldAsync(Shop, s.Unit * 2);
            await s.PassAsync(3);
            var second = await s.ClaimOneAsync(s.Unit * 2);
            Expect.That(second.Epoch > first.Epoch, "The epoch has grown.");
            await s.PassAsync(3);
            Expect.That((await s.ClaimOneAsync()).Epoch > second.Epoch, "And grows on.");
        }),

        Case("epoch-grows-after-release", "Every claim of a stream has a greater epoch than the one before.", async s =>
        {
            var epoch = 0L;
            await s.PostAsync(Shop, "wake");
            for (var i = 0; i < 5; i++)
            {
                var claim = await s.ClaimOneAsync();
                Expect.That(claim.Epoch > epoch, "Greater than before.");
                epoch = claim.Epoch;
                await s.ReleaseAsync(claim);
            }
        }),

        Case("late-but-alone", "A holder whose lease ran out may still commit, and prolong it, while nobody has claimed the stream.", async s =>
        {
            var claim = await s.HoldAsync(Shop, s.Unit);
            await s.PassAsync(2);
            await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = Json("late") } });
            Expect.That(await s.Store.RenewAsync(claim, LongLease, s.Token), "The claim is current.");
            Expect.Equal(0, (await s.ClaimAsync()).Count, "It is held again.");
        }),

        Case("renew", "A renewed lease counts from the renewal.", async s =>
        {
            var claim = await s.HoldAsync(Shop, s.Unit * 4);
            await s.PassAsync(2);
            Expect.That(await s.Store.RenewAsync(claim, s.Unit * 8, s.Token), "The claim is current.");
            await s.PassAsync(4);
            Expect.Equal(0, (await s.ClaimAsync()).Count, "The first lease would have ended.");
            await s.PassAsync(5);
            Expect.Equal(1, (await s.ClaimAsync()).Count, "The second has.");
        }),

        Case("renew-lost", "Renewing answers false when somebody else has claimed the stream, or when it was given back.", async s =>
        {
            var old = await s.HoldAsync(Shop, s.Unit);
            await s.PassAsync(2);
            var current = await s.ClaimOneAsync();
            Expect.That(!await s.Store.RenewAsync(old, LongLease, s.Token), "It is another's.");
            Expect.That(await s.Store.RenewAsync(current, LongLease, s.Token), "The other's lease is untouched.");
            await s.ReleaseAsync(current);
            Expect.That(!await s.Store.RenewAsync(current, LongLease, s.Token), "It was given back.");
        }),

        Case("release", "A stream that was given back can be claimed at once when an input is due.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.ReleaseAsync(claim);
            Expect.Equal(CommitStatus.FenceLost, (await s.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0 } })).Status, "Whoever gave it back commits no more.");
            Expect.Equal(0, (await s.WorkAsync(claim)).Count, "And reads no inputs.");
            Expect.That((await s.ClaimOneAsync()).Epoch > claim.Epoch, "It can.");
        }),

        Case("release-not-before", "A stream given back with a delay can be claimed after it, and not before, whatever arrives.", async s =>
        {
            await s.ReleaseAsync(await s.HoldAsync(Shop), s.Unit * 4);
            Expect.Equal(0, (await s.ClaimAsync()).Count, "Not yet.");
            await s.PostAsync(Shop, "more");
            Expect.Equal(0, (await s.ClaimAsync()).Count, "Not even with another input.");
            await s.PassAsync(5);
            Expect.Equal(1, (await s.ClaimAsync()).Count, "Now.");
        }),

        Case("release-stale", "Giving back what one does not hold any more changes nothing.", async s =>
        {
            var old = await s.HoldAsync(Shop, s.Unit);
            await s.PassAsync(2);
            var current = await s.ClaimOneAsync();
            await s.ReleaseAsync(old);
            Expect.Equal(0, (await s.ClaimAsync()).Count, "It is held by another.");
            await s.MustAsync(await s.ChangeAsync(current, 0, "mine"));
        }),
    ];

    private static IEnumerable<ConformanceCase<FlowStoreHarness>> OwingCases() =>
    [
        Case("owes-after-release", "A stream that owes an effect can be claimed when it is given back, without any input, again and again until it owes no more.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1", owes: true));
            Expect.That(await s.LoadAsync(Shop) is { Owes: true }, "It is stored.");
            for (var i = 0; i < 2; i++)
            {
                Expect.Equal(0, (await s.ClaimAsync()).Count, "Its holder does the effect.");
                await s.ReleaseAsync(claim);
                claim = await s.ClaimOneAsync();
                Expect.Equal(0, (await s.WorkAsync(claim)).Count, "There is no input.");
            }
            await s.MustAsync(await s.ChangeAsync(claim, 1, "v2"));
            Expect.That(await s.LoadAsync(Shop) is { Owes: false }, "It owes no more.");
            await s.ReleaseAsync(claim);
            Expect.Equal(0, (await s.ClaimAsync()).Count, "Nobody need look.");
        }),

        Case("owes-after-lease-end", "A stream that owes an effect is offered to others when its holder's lease ends.", async s =>
        {
            var claim = await s.HoldAsync(Shop, s.Unit * 2);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1", owes: true));
            await s.PassAsync(3);
            Expect.That((await s.ClaimOneAsync()).Epoch > claim.Epoch, "Nothing falls between a commit and its effect.");
        }),

        Case("owes-not-before", "A stream that owes an effect and was given back with a delay is offered after it.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1", owes: true));
            await s.ReleaseAsync(claim, s.Unit * 4);
            Expect.Equal(0, (await s.ClaimAsync()).Count, "Not yet.");
            await s.PassAsync(5);
            await s.ClaimOneAsync();
        }),
    ];
}
