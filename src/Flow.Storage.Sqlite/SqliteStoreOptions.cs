using Microsoft.Extensions.Options;

namespace Flow.Storage.Sqlite;

/// <summary>Where the state is kept.</summary>
public sealed class SqliteStoreOptions
{
    /// <summary>The database file, on a local disk; relative to the working directory. Its folder is created when it is missing.</summary>
    public string Path { get; set; } = "flow.db";

    /// <summary>
    /// Before a file is opened for writing, its structure is checked (<c>PRAGMA quick_check</c>), which reads all of it: about 1.2 ms a megabyte when the
    /// file is in memory, as long as the disk takes when it is not. Files larger than so many megabytes are opened unchecked, with a warning. 0 checks none.
    /// </summary>
    public int CheckUpToMegabytes { get; set; } = 256;
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
        if (options.CheckUpToMegabytes < 0) return ValidateOptionsResult.Fail("SqliteStoreOptions.CheckUpToMegabytes is negative: 0 checks no file at start.");
        return ValidateOptionsResult.Success;
    }
}
