using Microsoft.Extensions.Logging;

namespace Flow.Storage.Sqlite;

internal static partial class StoreLog
{
    [LoggerMessage(1500, LogLevel.Information, "Store {Path} opened in {Milliseconds} ms as engine epoch {Epoch}: {Inputs} inputs wait, {Owing} streams owe an effect")]
    public static partial void Opened(this ILogger logger, string path, long milliseconds, long epoch, int inputs, int owing);

    [LoggerMessage(1501, LogLevel.Critical, "Another engine has taken over store {Path}: this one writes nothing any more. Stop this process")]
    public static partial void Superseded(this ILogger logger, string path);

    [LoggerMessage(1502, LogLevel.Warning, "A transaction of {Commits} commits on store {Path} failed; each is tried alone")]
    public static partial void BatchFailed(this ILogger logger, Exception cause, int commits, string path);

    [LoggerMessage(1503, LogLevel.Error, "Store {Path} cannot write. Commits are refused, and nothing of them is written, until it can")]
    public static partial void CommitFailed(this ILogger logger, Exception cause, string path);

    [LoggerMessage(1504, LogLevel.Information, "Store {Path} closed")]
    public static partial void Closed(this ILogger logger, string path);

    [LoggerMessage(1505, LogLevel.Information, "Store {Path} migrated: {Scripts}")]
    public static partial void Migrated(this ILogger logger, string path, string scripts);

    [LoggerMessage(1506, LogLevel.Information, "Store {Path} writes again; {Refused} commits were refused in between")]
    public static partial void Recovered(this ILogger logger, string path, long refused);
}
