namespace Flow.Logs;

/// <summary>What the disk says, in the words of the contract.</summary>
internal static class FileLogTrouble
{
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException;

    public static FlowException Of(LogId log, Exception exception) =>
        new("log-unavailable", $"The log '{log}' cannot be read or written now: {exception.Message}", transient: true, exception);
}
