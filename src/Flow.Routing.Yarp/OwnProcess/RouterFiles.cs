namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>What lies in a router's directory.</summary>
internal sealed class RouterFiles(string directory)
{
    /// <summary>A Unix socket's path has at most 107 bytes (103 on macOS).</summary>
    public const int LongestDirectory = 90;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Directory { get; } = Path.GetFullPath(directory);
    public string Socket => Path.Combine(Directory, "router.sock");
    public string Table => Path.Combine(Directory, "table.json");
    public string Log => Path.Combine(Directory, "router.log");
    private string Lock => Path.Combine(Directory, "router.lock");

    /// <summary>Creates it, for its owner alone. Whoever can write to the socket decides where every app's traffic goes.</summary>
    public void CreateDirectory()
    {
        if (OperatingSystem.IsWindows()) System.IO.Directory.CreateDirectory(Directory);
        else
        {
            System.IO.Directory.CreateDirectory(Directory, OwnerOnly);
            File.SetUnixFileMode(Directory, OwnerOnly);
        }
    }

    /// <summary>Null when another router holds the directory. The lock ends with the process, however that ends.</summary>
    public FileStream? TryLock()
    {
        try
        {
            return new(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
