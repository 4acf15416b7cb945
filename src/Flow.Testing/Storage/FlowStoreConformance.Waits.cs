using Flow.Engine;
using Flow.Storage;
using static Flow.Testing.Storage.StoreDriver;

namespace Flow.Testing.Storage;

public static partial class FlowStoreConformance
{
    private static IEnumerable<ConformanceCase<FlowStoreHarness>> WaitCases() =>
    [
        Case("wait-for-claims", "Whoever waits for claims is woken by an input, and not left waiting when there is one already.", async s =>
        {
            var waiting = s.Store.WaitForClaimsAsync(s.Token);
            await s.PostAsync(Shop, "wake");
            await Expect.Completes(waiting, "An input wakes.");
            await Expect.Completes(s.Store.WaitForClaimsAsync(s.Token), "It is there already.");
        }),

        Case("wait-for-claims-timer", "Whoever waits for claims is woken when a timer is due.", async s =>
        {
            await s.MustAsync(new() { Enqueue = [Work(Shop, "later", s.Unit)] });
            await WakesAsync(s, s.Store.WaitForClaimsAsync, async () => (await s.ClaimAsync()).Count > 0);
        }),

        Case("wait-for-claims-release", "Whoever waits for claims is woken when a stream that has inputs is given back.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            var waiting = s.Store.WaitForClaimsAsync(s.Token);
            await s.ReleaseAsync(claim);
            await Expect.Completes(waiting, "It can be claimed.");
        }),

        Case("wait-for-claims-lease-end", "Whoever waits for claims is woken when a lease ends.", async s =>
        {
            await s.HoldAsync(Shop, s.Unit);
            await WakesAsync(s, s.Store.WaitForClaimsAsync, async () => (await s.ClaimAsync()).Count > 0);
        }),

        Case("wait-for-claims-not-before", "Whoever waits for claims is woken when the delay of a stream that was given back is over.", async s =>
        {
            await s.ReleaseAsync(await s.HoldAsync(Shop), s.Unit);
            await WakesAsync(s, s.Store.WaitForClaimsAsync, async () => (await s.ClaimAsync()).Count > 0);
        }),

        Case("wait-for-work", "A holder that waits for inputs is woken by one, and not left waiting when there is one already.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await Expect.Completes(s.Store.WaitForWorkAsync(claim, s.Token), "One is there already.");
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1"));
            var waiting = s.Store.WaitForWorkAsync(claim, s.Token);
            await s.PostAsync(Shop, "cancel");
            await Expect.Completes(waiting, "It is there.");
        }),

        Case("wait-for-work-timer", "A holder that waits for inputs is woken when a timer is due.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1") with { Enqueue = [Work(Shop, "later", s.Unit)] });
            await WakesAsync(s, token => s.Store.WaitForWorkAsync(claim, token), async () => (await s.WorkAsync(claim)).Count > 0);
        }),

        Case("wait-for-work-lost", "A holder that waits for inputs is woken when another has claimed the stream, and not left waiting afterwards.", async s =>
        {
            var claim = await s.HoldAsync(Shop, s.Unit);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1", owes: true));
            var waiting = s.Store.WaitForWorkAsync(claim, s.Token);
            await s.PassAsync(2);
            await s.ClaimOneAsync();
            await Expect.Completes(waiting, "The claim is lost.");
            await Expect.Completes(s.Store.WaitForWorkAsync(claim, s.Token), "It is lost already.");
        }),

        Case("wait-for-answer", "Whoever waits for an answer is woken by it, and not left waiting when there is one already.", async s =>
        {
            await s.MustAsync(new() { Reserve = ["k1", "k2"] });
            var (first, second) = (s.Store.WaitForAnswerAsync("k1", s.Token), s.Store.WaitForAnswerAsync("k1", s.Token));
            await s.MustAsync(new() { Answers = [new("k1", Json("yes"))] });
            await Expect.Completes(Task.WhenAll(first, second), "All who wait are woken.");
            await Expect.Completes(s.Store.WaitForAnswerAsync("k1", s.Token), "It is there already.");
        }),

        Case("wait-for-events", "Whoever waits for events is woken by one, and not left waiting when there is one already.", async s =>
        {
            var waiting = s.Store.WaitForEventsAsync(0, s.Token);
            await s.WriteAsync(Shop, "v1", "1");
            await Expect.Completes(waiting, "It is there.");
            await Expect.Completes(s.Store.WaitForEventsAsync(0, s.Token), "It is there already.");
            var last = (await s.EventsAsync())[^1].Position;
            waiting = s.Store.WaitForEventsAsync(last, s.Token);
            await s.WriteAsync(new("app", "blog"), "v1", "2");
            await Expect.Completes(waiting, "The next one wakes.");
        }),

        Case("waits-can-be-cancelled", "Every wait ends with an OperationCanceledException when it is cancelled, and others wait on.", async s =>
        {
            var claim = await s.HoldAsync(Shop);
            await s.MustAsync(await s.ChangeAsync(claim, 0, "v1", false, "1"));
            await s.MustAsync(new() { Reserve = ["k1"] });
            var last = (await s.EventsAsync())[^1].Position;
            (string Name, Func<CancellationToken, Task> Wait)[] waits =
            [
                ("WaitForClaims", s.Store.WaitForClaimsAsync), ("WaitForWork", token => s.Store.WaitForWorkAsync(claim, token)),
                ("WaitForAnswer", token => s.Store.WaitForAnswerAsync("k1", token)), ("WaitForEvents", token => s.Store.WaitForEventsAsync(last, token)),
            ];
            var others = waits.Select(w => w.Wait(s.Token)).ToList();
            foreach (var (name, wait) in waits) await Expect.Cancels(wait, $"{name} can be cancelled.");
            await s.MustAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 1, Events = [Event("2")] }, Enqueue = [Work(Shop, "more"), Work(new("app", "blog"), "more")], Answers = [new("k1", Json("yes"))] });
            await Expect.Completes(Task.WhenAll(others), "Those who went on waiting are woken.");
        }),
    ];

    /// <summary>A hint may come without reason, so one waits in a loop; what counts is that it comes at all once time has passed.</summary>
    private static async Task WakesAsync(StoreDriver s, Func<CancellationToken, Task> wait, Func<Task<bool>> ready)
    {
        var waiting = wait(s.Token);
        await s.PassAsync(2);
        for (var again = 0; again < 10; again++)
        {
            await Expect.Completes(waiting, "Who waits is woken in time.");
            if (await ready()) return;
            waiting = wait(s.Token);
        }
        throw new ConformanceException("It was woken ten times, and there was nothing.");
    }
}
