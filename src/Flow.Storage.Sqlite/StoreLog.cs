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

    [LoggerMessage(1507, LogLevel.Warning, "Standing by: {Reason}")]
    public static partial void StandsBy(this ILogger logger, string reason);

    [LoggerMessage(1508, LogLevel.Error, "Store {Path} cannot be opened yet; it is tried again until it can")]
    public static partial void CannotOpenYet(this ILogger logger, Exception cause, string path);

    [LoggerMessage(1509, LogLevel.Critical, "Store {Path} cannot be taken over")]
    public static partial void CannotTakeOver(this ILogger logger, Exception cause, string path);

    [LoggerMessage(1510, LogLevel.Warning, "Store {Path} has {Megabytes} MB and is opened unchecked: CheckUpToMegabytes is {Limit}. Check a backup of it now and then: sqlite3 BACKUP 'PRAGMA integrity_check'")]
    public static partial void Unchecked(this ILogger logger, string path, long megabytes, int limit);

    [LoggerMessage(1511, LogLevel.Warning, "Store {Path} was replaced by a backup: the log of the file that stood there before lies in {Aside} now")]
    public static partial void ForeignLog(this ILogger logger, string path, string aside);

    [LoggerMessage(1512, LogLevel.Information, "Store {Path} backed up to {Backup}: {Bytes} bytes in {Milliseconds} ms")]
    public static partial void BackedUp(this ILogger logger, string path, string backup, long bytes, long milliseconds);
}
