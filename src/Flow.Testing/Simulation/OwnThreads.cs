namespace Flow.Testing.Simulation;

/// <summary>Long work on threads of its own, as many as there are processors: those of the pool are for whoever awaits something meanwhile.</summary>
internal static class OwnThreads
{
    /// <summary>Does 0, 1, 2, ... one after the other, not in blocks: what was done when it is cancelled is the beginning. Cancelling does not throw.</summary>
    public static void Share(long count, Action<long> each, CancellationToken cancellationToken)
    {
        var (next, failed) = (-1L, false);
        Task.WaitAll([.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))], CancellationToken.None);

        void Work()
        {
            try
            {
                while (!cancellationToken.IsCancellationRequested && !Volatile.Read(ref failed) && Interlocked.Increment(ref next) is var at && at < count) each(at);
            }
            catch
            {
                Volatile.Write(ref failed, true);
                throw;
            }
        }
    }
}
