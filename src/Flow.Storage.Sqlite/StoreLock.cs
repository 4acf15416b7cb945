namespace Flow.Storage.Sqlite;

/// <summary>
/// The operating system's lock that makes one process the owner of a database file: held as long as the process lives, and gone with it however it dies.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream held;

    private StoreLock(FileStream held) => this.held = held;

    /// <summary>Null when another process, or another store in this one, holds it.</summary>
    public static StoreLock? TryTake(string databasePath)
    {
        try { return new(PrivateFile.OpenOrCreate(databasePath + ".lock", FileShare.None)); }
        catch (IOException e) when (IsHeld(e)) { return null; }
    }

    // The file itself stays: removing it would let two processes hold locks of two files with one name.
    public void Dispose() => held.Dispose();

    // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION; EWOULDBLOCK of Linux and of macOS.
    private static bool IsHeld(IOException e) => OperatingSystem.IsWindows() ? (e.HResult & 0xffff) is 32 or 33 : e.HResult is 11 or 35;
}
