using Flow.AddOns;
using static Flow.Testing.AddOns.AddOnDriver;

namespace Flow.Testing.AddOns;

public static partial class AddOnConformance
{
    private const string Pooling = "pooling";

    private static IEnumerable<ConformanceCase<AddOnHarness>> ClaimCases() =>
    [
        Case("claim", "A warm instance becomes the instance that is claimed, as one that was made for it would be, and is nothing else any more.", async s =>
        {
            await s.MakeAsync(Request("cold"));
            var one = await s.CountAsync();
            await s.DropAsync("cold");
            var plan = (await s.MakeAsync(Warm("pool.1"))).Plan;
            var claimed = await s.ClaimAsync("pool.1", Request("a"));
            Expect.Equal(new("a", plan, claimed.Value?.Message), claimed.Value, "It is the one that was asked for, with the plan that it has.");
            await s.BindAsync("a");
            await s.MissingAsync("pool.1", "Its warm id is nobody's.");
            Expect.Equal(one, await s.CountAsync(), "There is as much as of a cold one.");
            Expect.Equal(plan, (await s.MakeAsync(Request("a"))).Plan, "Asked for, it is there.");
            Expect.Equal(one, await s.CountAsync(), "And was not made again.");
            await s.DropAsync("a");
            Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
        }, Pooling),

        Case("claim-credentials", "Credentials of a claimed instance have never been seen: not with the warm one, if that had any.", async s =>
        {
            await s.MakeAsync(Warm("pool.1"));
            AddOnBinding? before = null;
            try { before = await s.BindAsync("pool.1"); }
            catch (FlowException) { }
            await s.ClaimAsync("pool.1", Request("a"));
            var after = await s.BindAsync("a");
            await s.WriteAsync(after, "in");
            await s.ReadsAsync(after, "in", "They work.");
            if (before is not null) await s.NoLongerWorksAsync(before, "Those of the warm instance still work.");
        }, "pooling+data"),

        Case("claim-twice", "Asked again, a claim reports what the instance has become.", async s =>
        {
            await s.MakeAsync(Warm("pool.1"));
            var first = await s.ClaimAsync("pool.1", Request("a"));
            var (binding, count) = (await s.BindAsync("a"), await s.CountAsync());
            Expect.Equal(first.Value, (await s.ClaimAsync("pool.1", Request("a"))).Value, "It is the same answer.");
            Expect.That(Same(binding, await s.BindAsync("a")), "Its credentials are the same.");
            Expect.Equal(count, await s.CountAsync(), "Nothing more was made.");
        }, Pooling),

        Case("claim-by-two", "Of those who claim one warm instance at the same time, exactly one gets it.", async s =>
        {
            for (var round = 0; round < 3; round++)
            {
                await s.MakeAsync(Warm($"pool.{round}"));
                var answers = await AtOnceAsync(8, async i => (Id: $"a.{round}.{i}", Status: await s.ClaimAsync($"pool.{round}", Request($"a.{round}.{i}"))));
                var winners = answers.Where(a => a.Status.Value is not null).ToList();
                Expect.Equal(1, winners.Count, "One gets it, the others are refused for good.");
                await s.BindAsync(winners[0].Id);
                foreach (var (id, _) in answers.Except(winners)) await s.MissingAsync(id, "A loser has nothing.");
            }
        }, Pooling),

        Case("claim-many", "Warm instances that are claimed at the same time are each given once.", async s =>
        {
            for (var i = 0; i < 6; i++) await s.MakeAsync(Warm($"pool.{i}"));
            await AtOnceAsync(12, async i =>
            {
                var status = await s.ClaimAsync($"pool.{i / 2}", Request($"a.{i / 2}"));
                Expect.Equal($"a.{i / 2}", status.Value?.Id, $"It is given, but: {status.Failure}");
                return 0;
            });
            var bindings = await AtOnceAsync(6, i => s.BindAsync($"a.{i}"));
            Expect.That(bindings.SelectMany((a, i) => bindings.Skip(i + 1).Select(b => Same(a, b))).All(same => !same), "Each has its own.");
        }, Pooling),

        Case("claim-refused", "What is not there, was claimed, or is somebody's, cannot be claimed, for good.", async s =>
        {
            await s.RefusedAsync(() => s.ClaimAsync("never", Request("a")), "It is not there.");
            await s.MissingAsync("a", "Nothing came of it.");
            await s.MakeAsync(Request("somebodys"));
            await s.RefusedAsync(() => s.ClaimAsync("somebodys", Request("a")), "It is somebody's.");
            await s.BindAsync("somebodys");
            await s.MakeAsync(Warm("pool.1"));
            await s.ClaimAsync("pool.1", Request("b"));
            await s.RefusedAsync(() => s.ClaimAsync("pool.1", Request("c")), "It was claimed.");
            await s.BindAsync("b");
            await s.MakeAsync(Warm("pool.2"));
            await s.DropAsync("pool.2");
            await s.RefusedAsync(() => s.ClaimAsync("pool.2", Request("c")), "It was destroyed.");
        }, Pooling),

        Case("claim-warm-id", "Destroying what was warm does not touch what it has become.", async s =>
        {
            await s.MakeAsync(Warm("pool.1"));
            await s.ClaimAsync("pool.1", Request("a"));
            await s.DropAsync("pool.1");
            await s.BindAsync("a");
            await s.MakeAsync(Warm("pool.2"));
            await s.DropAsync("pool.2");
            await s.DropAsync("a");
            Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
        }, Pooling),

        Case("claim-cancelled", "A claim that was given up is asked for again, and nothing is lost or left.", async s =>
        {
            foreach (var milliseconds in (int[])[0, 1, 2, 5, 10, 20])
            {
                await s.MakeAsync(Warm("pool.1"));
                await GiveUpAsync(milliseconds, token => s.Pooling.ClaimAsync("pool.1", Request("a"), token));
                Expect.Equal("a", (await s.ClaimAsync("pool.1", Request("a"))).Value?.Id, "It is given.");
                await s.DropAsync("a");
                await s.DropAsync("pool.1");
                Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
            }
        }, Pooling),

        Case("claim-answer-lost", "A process that never had the answer finds what was claimed.", async s =>
        {
            await s.MakeAsync(Warm("pool.1"));
            await s.ClaimAsync("pool.1", Request("a"));
            var other = await s.Harness.ReopenAsync(s.Token);
            Expect.Equal("a", (await s.ClaimAsync("pool.1", Request("a"), other)).Value?.Id, "It is the same.");
            Expect.That(Same(await s.BindAsync("a"), await s.BindAsync("a", other)), "With the same credentials.");
        }, "pooling+reopen"),

        Case("claim-seed", "A warm instance with a seed is given to who wants that seed.", async s =>
        {
            await s.MakeAsync(Warm("pool.1") with { Seed = s.Harness.Seed });
            var status = await s.ClaimAsync("pool.1", Request("a") with { Seed = s.Harness.Seed });
            Expect.That(status.Value is not null, $"It is given, but: {status.Failure}");
            Expect.That(await s.Harness.ReadAsync(await s.BindAsync("a"), s.Token) is not null, "It has the seed's data.");
            await s.WriteAsync(await s.BindAsync("a"), "mine");
        }, "pooling+seed+data"),
    ];
}
