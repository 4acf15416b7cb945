namespace Flow.Providers.Local;

/// <summary>Where things lie below <see cref="LocalOptions.DataDirectory"/>.</summary>
internal sealed class LocalDirectories(LocalOptions options)
{
    /// <summary>Nobody else reads what apps, builds and logs leave behind.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Root { get; } = Path.GetFullPath(options.DataDirectory);
    public string Supervised => Path.Combine(Root, "supervised");
    public string Logs => Path.Combine(Root, "logs");
    public string Apps => Path.Combine(Root, "apps");
    public string Commands => Path.Combine(Root, "commands");
    public string Sqlite => Path.Combine(Root, "addons", "sqlite");

    /// <summary>Makes the data directory this user's alone, whoever made it: below it, nothing has to be looked at again.</summary>
    public static void Claim(string root)
    {
        Create(root);
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(root) != Private) File.SetUnixFileMode(root, Private);
    }

    /// <summary>Makes the directory, and those above it, for this user alone.</summary>
    public static void Create(string directory)
    {
        if (OperatingSystem.IsWindows() || Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            return;
        }
        // The framework gives the mode to the last one only.
        if (Path.GetDirectoryName(directory) is { Length: > 0 } above) Create(above);
        Directory.CreateDirectory(directory, Private);
    }
}
