using Microsoft.Extensions.Logging;

namespace Flow.Storage.Sqlite;

/// <summary>
/// How this process comes to own the file: at once, or, when it is somebody else's, as soon as his lock is gone. A disk that is full when the file is opened is
/// waited for in the same way, so that a full disk makes no crash loop.
/// </summary>
internal sealed class FileOwnership : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);
    private const int LooksForOneName = 10;

    private readonly string path;
    private readonly Func<bool, OwnedFile?> tryOpen;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly TaskCompletionSource owned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stopping = new();
    private readonly Task looking;
    private volatile OwnedFile? file;
    private volatile FlowException? reason;
    private int looks;

    /// <param name="path">The database file.</param>
    /// <param name="tryOpen">Is told whether this is the first attempt. Null when somebody else has it.</param>
    /// <param name="clock">Paces the looks.</param>
    /// <param name="logger">Told when this process stands by, and why.</param>
    /// <exception cref="FlowException">The first attempt failed, and waiting would not help.</exception>
    public FileOwnership(string path, Func<bool, OwnedFile?> tryOpen, TimeProvider clock, ILogger logger)
    {
        (this.path, this.tryOpen, this.clock, this.logger) = (path, tryOpen, clock, logger);
        try { TryOpen(first: true); }
        catch (FlowException full) when (full.Code == SqliteTrouble.Full) { Wait(full); }
        looking = file is null ? LookAsync() : Task.CompletedTask;
    }

    /// <summary>Null while this process does not own it.</summary>
    public OwnedFile? File => file;

    /// <summary>Why it does not; null when it does.</summary>
    public string? Reason => reason?.Message;

    public Task Owned => owned.Task;

    /// <summary>To be thrown where only an owner can answer.</summary>
    public Exception Refusal(Exception? cause = null)
    {
        if (stopping.IsCancellationRequested) return new ObjectDisposedException(nameof(SqliteFlowStore));
        return reason is { } why
            ? new FlowException(why.Code, why.Message, why.Transient, cause ?? why.InnerException)
            : new FlowException(SqliteTrouble.StandBy, $"'{path}' has just been taken over; try again.", transient: true, cause);
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await looking.ConfigureAwait(false);
        if (file is { } opened) await opened.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        stopping.Cancel();
        owned.TrySetException(new ObjectDisposedException(nameof(SqliteFlowStore)));
        _ = owned.Task.Exception;
        file?.Dispose();
    }

    private async Task LookAsync()
    {
        while (true)
        {
            await Task.Delay(LookAgain, clock, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stopping.IsCancellationRequested) return;
            try
            {
                if (TryOpen(first: false)) return;
            }
            catch (FlowException trouble) when (trouble.Transient) { Wait(trouble); }
            catch (Exception trouble)
            {
                logger.CannotTakeOver(trouble, path);
                reason = trouble as FlowException ?? new(SqliteTrouble.Unavailable, $"'{path}' could not be taken over; the host's log says why.", transient: false, trouble);
                owned.TrySetException(reason);
                _ = owned.Task.Exception;
                return;
            }
        }
    }

    private bool TryOpen(bool first)
    {
        if (tryOpen(first) is not { } opened)
        {
            StandBy();
            return false;
        }
        (file, reason) = (opened, null);
        if (stopping.IsCancellationRequested) opened.Dispose();
        owned.TrySetResult();
        return true;
    }

    private void StandBy()
    {
        // Not at every look: the name is read from the file, and right after the owner took the lock it is still his predecessor's.
        if (reason is { Code: SqliteTrouble.StandBy } && ++looks % LooksForOneName != 0) return;
        var message = $"'{path}' is in use by {SqliteDatabase.OwnerOf(path)}; this engine takes over when that one ends.";
        if (reason?.Message == message) return;
        logger.StandsBy(message);
        reason = new(SqliteTrouble.StandBy, message, transient: true);
    }

    private void Wait(FlowException trouble)
    {
        if (reason?.Code != trouble.Code) logger.CannotOpenYet(trouble, path);
        reason = trouble;
    }
}
