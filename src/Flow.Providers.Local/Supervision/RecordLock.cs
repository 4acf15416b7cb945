using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Flow.Providers.Local.Supervision;

/// <summary>
/// The lock in a record's directory. A supervisor inherits it, held, from the host that starts it: held means that somebody starts or supervises,
/// free means that nobody does, whatever pids say. The kernel frees it when its holders die.
/// </summary>
internal sealed class RecordLock : IDisposable
{
    public const string FileName = "lock";

    private RecordLock(SafeFileHandle handle) => Handle = handle;

    public SafeFileHandle Handle { get; }

    /// <summary>Takes it alone. Busy: (null, false). No such directory: (null, true).</summary>
    public static (RecordLock? Taken, bool Gone) TryTake(string directory)
    {
        while (true)
        {
            var descriptor = Native.Open(Path.Combine(directory, FileName), Native.OpenReadWrite | Native.OpenCreate | Native.CloseOnExec, 0x180);
            if (descriptor < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                return error == Native.NoEntry ? (null, true) : throw new IOException($"{directory} cannot be locked (errno {error}).");
            }

            SafeFileHandle handle = new(descriptor, ownsHandle: true);
            if (Native.Flock(descriptor, Native.LockExclusive | Native.LockNonBlocking) != 0)
            {
                handle.Dispose();
                return (null, false);
            }

            // Somebody removed the record between the opening and the locking: this is the lock of nothing.
            if (new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget is { } target && !target.EndsWith(" (deleted)", StringComparison.Ordinal)) return (new(handle), false);
            handle.Dispose();
        }
    }

    /// <summary>Whether somebody holds it. Several may look at once.</summary>
    public static bool IsHeld(string directory)
    {
        var descriptor = Native.Open(Path.Combine(directory, FileName), Native.OpenReadWrite | Native.CloseOnExec, 0);
        if (descriptor < 0) return false;
        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        return Native.Flock(descriptor, Native.LockShared | Native.LockNonBlocking) != 0;
    }

    public void Dispose() => Handle.Dispose();
}
