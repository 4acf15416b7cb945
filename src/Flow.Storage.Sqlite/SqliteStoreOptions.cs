using Microsoft.Extensions.Options;

namespace Flow.Storage.Sqlite;

/// <summary>Where the state is kept.</summary>
public sealed class SqliteStoreOptions
{
    /// <summary>The database file, on a local disk; relative to the working directory. Its folder is created when it is missing.</summary>
    public string Path { get; set; } = "flow.db";
}

internal sealed class SqliteStoreOptionsValidator : IValidateOptions<SqliteStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, SqliteStoreOptions options)
    {
        const string Fix = "Give UseSqlite the path of a file, such as \"flow.db\".";
        if (string.IsNullOrWhiteSpace(options.Path)) return ValidateOptionsResult.Fail($"SqliteStoreOptions.Path is empty. {Fix}");
        if (options.Path.Contains('\0', StringComparison.Ordinal)) return ValidateOptionsResult.Fail($"SqliteStoreOptions.Path contains a NUL character. {Fix}");
        if (options.Path.Contains(":memory:", StringComparison.OrdinalIgnoreCase) || options.Path.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            return ValidateOptionsResult.Fail($"SqliteStoreOptions.Path '{options.Path}' is not the path of a file. {Fix} For a store in memory register MemoryFlowStore.");
        if (Directory.Exists(options.Path)) return ValidateOptionsResult.Fail($"SqliteStoreOptions.Path '{options.Path}' is a directory. {Fix}");
        return ValidateOptionsResult.Success;
    }
}
