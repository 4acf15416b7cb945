using System.Diagnostics;

namespace Flow.Storage.Sqlite.Tests;

internal static class Eventually
{
    /// <summary>Polls until it is so; fails after a while.</summary>
    public static async Task BeAsync(Func<Task<bool>> so, string what, int seconds = 30)
    {
        for (var waited = Stopwatch.StartNew(); !await so(); await Task.Delay(5, TestContext.Current.CancellationToken))
            if (waited.Elapsed.TotalSeconds > seconds) throw new TimeoutException($"Not within {seconds} s: {what}");
    }

    public static Task BeAsync(Func<bool> so, string what, int seconds = 30) => BeAsync(() => Task.FromResult(so()), what, seconds);
}
