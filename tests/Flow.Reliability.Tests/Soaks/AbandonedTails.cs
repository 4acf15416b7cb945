using System.Globalization;
using System.Text;
using Flow.Logs;

namespace Flow.Reliability.Tests.Soaks;

/// <summary>The child that opens tails, many at once, reads a little and lets them down in every way there is.</summary>
internal static class AbandonedTails
{
    public const string Name = "abandoned-tails";
    private const int Logs = 50, AtOnce = 500;

    public static async Task<int> RunAsync(string directory, int tails)
    {
        // Every worker keeps a little of its own: always the same ones.
        ThreadPool.SetMaxThreads(4, 4);
        ThreadPool.SetMinThreads(4, 4);
        var store = new FileLogStore(directory);
        for (var log = 0; log < Logs; log++)
        {
            await using var writer = await store.OpenAsync(LogOf(log), default);
            for (var line = 0; line < 100; line++) await writer.AppendAsync(Encoding.UTF8.GetBytes($"line {line} of a log that somebody follows\n"), default);
        }
        // What is made once is made before the first measure that counts, what a measure makes included.
        for (var warm = -4; warm <= 0; warm++)
        {
            await AbandonAsync(store, AtOnce);
            Say(warm);
        }
        for (var abandoned = 0; abandoned < tails;)
        {
            await AbandonAsync(store, AtOnce);
            abandoned += AtOnce;
            if (abandoned % (tails / 4) == 0) Say(abandoned);
        }
        return 0;
    }

    private static Task AbandonAsync(FileLogStore store, int tails) => Task.WhenAll(Enumerable.Range(0, tails).Select(n => OpenAsync(store, n)));

    private static async Task OpenAsync(FileLogStore store, int n)
    {
        using var cancel = new CancellationTokenSource();
        var tail = store.TailAsync(LogOf(n % Logs), n % 100, cancel.Token).GetAsyncEnumerator(cancel.Token);
        if (!await tail.MoveNextAsync()) throw new InvalidOperationException("There are lines.");
        switch (n % 3)
        {
            case 0:
                // Somebody closes a browser while nothing comes.
                var next = tail.MoveNextAsync().AsTask();
                await Task.Yield();
                await cancel.CancelAsync();
                await next.ContinueWith(static _ => { }, TaskScheduler.Default);
                await tail.DisposeAsync();
                break;
            case 1:
                await tail.DisposeAsync();
                break;
            default:
                // Nobody says anything: it is forgotten in mid-log.
                break;
        }
    }

    private static LogId LogOf(int log) => LogId.Parse(string.Create(CultureInfo.InvariantCulture, $"run/app-{log}/build"));

    private static void Say(int abandoned) => Console.WriteLine($"{abandoned} {Footprint.Now()}");
}
