using System.Diagnostics;

namespace Flow.Routing.Yarp.Tests.Worlds;

internal static class Eventually
{
    /// <summary>Polls with a deadline; an exception counts as "not yet", and is what the test fails with.</summary>
    public static async Task BeAsync(Func<Task<bool>> condition, double seconds = 15)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (await condition()) return;
                if (Stopwatch.GetElapsedTime(began).TotalSeconds > seconds) throw new TimeoutException("It did not come true in time.");
            }
            catch (Exception e) when (e is not TimeoutException && Stopwatch.GetElapsedTime(began).TotalSeconds <= seconds)
            {
                // Not yet.
            }
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
