using Flow.Engine;
using Flow.Storage;
using static Flow.Testing.Storage.StoreDriver;

namespace Flow.Testing.Storage;

public static partial class FlowStoreConformance
{
    private static IEnumerable<ConformanceCase<FlowStoreHarness>> WorkCases() =>
    [
        Case("work-in-order", "Inputs that are due together come in the order in which they were enqueued.", async s =>
        {
            await s.PostAsync(Shop, "1", "2");
            await s.PostAsync(Shop, "3");
            await s.PostAsync(Shop, "4", "5", "6");
            var claim = await s.ClaimOneAsync();
            Expect.Sequence(["1", "2", "3", "4", "5", "6"], await s.InputsAsync(claim), "As enqueued.");
            Expect.Sequence(["1", "2"], await s.InputsAsync(claim, 2), "At most as many as asked for.");
            var ids = (await s.WorkAsync(claim)).Select(w => w.Id).ToList();
            Expect.Sequence(ids.Order(), ids, "Ids grow.");
        }),

        Case("work-oldest-due-first", "What was due first comes first, whenever it was enqueued.", async s =>
        {
            await s.MustAsync(new() { Enqueue = [Work(Shop, "third", s.Unit * 3), Work(Shop, "first", s.Unit), Work(Shop, "second", s.Unit * 2)] });
            await s.PassAsync(4);
            await s.PostAsync(Shop, "fourth");
            Expect.Sequence(["first", "second", "third", "fourth"], await s.InputsAsync(await s.ClaimOneAsync()), "By due time.");
        }),

        Case("timers", "An input with a delay is neither seen nor makes its stream claimable before it is due.", async s =>
        {
            await s.MustAsync(new() { Enqueue = [Work(Shop, "later", s.Unit * 4)] });
            Expect.Equal(0, (await s.ClaimAsync()).Count, "Not yet.");
            var claim = await HoldWithAsync(s, "now");
            Expect.Sequence(["now"], await s.InputsAsync(claim), "The timer is not due.");
            await s.PassAsync(5);
            Expect.Sequence(["now", "later"], await s.InputsAsync(claim), "Now it is.");
        }),

        Case("timer-makes-claimable", "A stream without other inputs can be claimed when its timer is due.", async s =>
        {
            await s.MustAsync(new() { Enqueue = [Work(Shop, "later", s.Unit)] });
            await s.PassAsync(2);
            Expect.Sequence(["later"], await s.InputsAsync(await s.ClaimOneAsync()), "It is due.");
        }),

        Case("far-timers", "A delay without end is kept and disturbs nobody.", async s =>
        {
            await s.MustAsync(new() { Enqueue = [Work(Shop, "never", TimeSpan.MaxValue), Work(Shop, "in a lifetime", TimeSpan.FromDays(36_500))] });
            Expect.Equal(0, (await s.ClaimAsync()).Count, "Not today.");
            Expect.Sequence(["now"], await s.InputsAsync(await HoldWithAsync(s, "now")), "Others come through.");
        }),

        Case("work-needs-claim", "Whoever lost the claim reads no inputs.", async s =>
        {
            var old = await s.HoldAsync(Shop, s.Unit);
            await s.PassAsync(2);
            var current = await s.ClaimOneAsync();
            Expect.Equal(0, (await s.WorkAsync(old)).Count, "They are the new holder's.");
            Expect.Equal(1, (await s.WorkAsync(current)).Count, "Who reads them.");
        }),

        Case("work-to-holder", "An input posted while the stream is held reaches its holder, and nobody else can claim the stream for it.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1"));
            await s.PostAsync(Shop, "cancel");
            Expect.Equal(0, (await s.ClaimAsync()).Count, "It is held.");
            Expect.Sequence(["cancel"], await s.InputsAsync(claim), "Its holder sees it.");
        }),

        Case("work-stays-until-completed", "Inputs that were read but not completed are there for the next holder.", async s =>
        {
            await s.PostAsync(Shop, "1", "2");
            var first = await s.ClaimOneAsync();
            var one = (await s.WorkAsync(first))[0].Id;
            await s.MustAsync(new() { Change = new() { Claim = first, ExpectedVersion = 0 }, Complete = [one] });
            await s.ReleaseAsync(first);
            Expect.Sequence(["2"], await s.InputsAsync(await s.ClaimOneAsync()), "Only the completed one is gone.");
        }),

        Case("message-to-self", "A stream can send itself a message and a timer.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1") with { Enqueue = [Work(Shop, "again"), Work(Shop, "later", s.Unit)] });
            Expect.Sequence(["again"], await s.InputsAsync(claim), "The message is there at once.");
            await s.PassAsync(2);
            Expect.Sequence(["again", "later"], await s.InputsAsync(claim), "The timer in its time.");
        }),
    ];

    private static async Task<Claim> HoldWithAsync(StoreDriver s, string text)
    {
        await s.PostAsync(Shop, text);
        return await s.ClaimOneAsync();
    }
}
