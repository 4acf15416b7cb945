using Microsoft.Extensions.Logging;

namespace Flow.Providers.PostgreSql;

internal static partial class PostgreSqlLog
{
    [LoggerMessage(7001, LogLevel.Information, "Database {Database} made for {Id}: plan {Plan}, seed {Seed}, {Milliseconds} ms")]
    public static partial void Made(this ILogger logger, string database, string id, string plan, string? seed, long milliseconds);

    [LoggerMessage(7002, LogLevel.Information, "Database {Database} handed over to {Id} in {Milliseconds} ms; it was warm as {WarmId}")]
    public static partial void Claimed(this ILogger logger, string database, string id, string warmId, long milliseconds);

    [LoggerMessage(7003, LogLevel.Information, "Credentials of database {Database} rotated, number {Rotation}")]
    public static partial void Rotated(this ILogger logger, string database, long rotation);

    [LoggerMessage(7004, LogLevel.Information, "Database {Database} of {Id} dropped")]
    public static partial void Dropped(this ILogger logger, string database, string id);

    [LoggerMessage(7005, LogLevel.Warning, "Role {Role} is not Flow's, or of another instance than {Id}: it is left alone")]
    public static partial void Foreign(this ILogger logger, string role, string id);

    [LoggerMessage(7007, LogLevel.Information, "The PostgreSQL server could not just now ({State}); another try, number {Attempt}")]
    public static partial void TriedAgain(this ILogger logger, string state, int attempt);

    [LoggerMessage(7006, LogLevel.Warning, "Work on a PostgreSQL database failed with {Code}{Words}")]
    public static partial void Failed(this ILogger logger, string code, string words);
}
