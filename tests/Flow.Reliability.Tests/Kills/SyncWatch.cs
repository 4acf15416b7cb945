using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Flow.Reliability.Tests.Kills;

/// <summary>
/// Counts what SQLite asks the disk for: stands between it and the operating system, in the table of functions that every file of it is opened with. What was
/// written to a write-ahead log and not synced since is what a power failure may take.
/// </summary>
internal sealed class SyncWatch
{
    // struct sqlite3_vfs and struct sqlite3_io_methods, of 64 bits.
    private const int OpenOfVfs = 40, WriteOfFile = 24, SyncOfFile = 40, SizeOfMethods = 152, WriteAheadLog = 0x80000;
    private static readonly List<Delegate> Kept = [];
    private static long written, synced, syncs;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] private delegate nint FindVfs(nint name);
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] private delegate int Open(nint vfs, nint name, nint file, int flags, nint outFlags);
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] private delegate int Write(nint file, nint bytes, int count, long offset);
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] private delegate int Sync(nint file, int flags);

    public static long Syncs => Interlocked.Read(ref syncs);

    /// <summary>Everything that was written is on the disk.</summary>
    public static bool AllSynced => Interlocked.Read(ref written) == Interlocked.Read(ref synced);

    /// <summary>For the whole process, from now on; files that are open already are not seen.</summary>
    public static void Begin()
    {
        using (var first = new SqliteConnection("Data Source=:memory:")) first.Open();
        var find = Marshal.GetDelegateForFunctionPointer<FindVfs>(NativeLibrary.GetExport(NativeLibrary.Load("e_sqlite3", typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, null), "sqlite3_vfs_find"));
        var vfs = find(0);
        var open = Marshal.GetDelegateForFunctionPointer<Open>(Marshal.ReadIntPtr(vfs, OpenOfVfs));
        nint watched = 0;
        Marshal.WriteIntPtr(vfs, OpenOfVfs, Keep<Open>((self, name, file, flags, outFlags) =>
        {
            var result = open(self, name, file, flags, outFlags);
            if (result != 0 || (flags & WriteAheadLog) == 0) return result;
            if (watched == 0) watched = Watched(Marshal.ReadIntPtr(file));
            Marshal.WriteIntPtr(file, watched);
            return result;
        }));
    }

    private static nint Watched(nint methods)
    {
        var copy = Marshal.AllocHGlobal(SizeOfMethods);
        for (var at = 0; at < SizeOfMethods; at += nint.Size) Marshal.WriteIntPtr(copy, at, Marshal.ReadIntPtr(methods, at));
        var write = Marshal.GetDelegateForFunctionPointer<Write>(Marshal.ReadIntPtr(methods, WriteOfFile));
        var sync = Marshal.GetDelegateForFunctionPointer<Sync>(Marshal.ReadIntPtr(methods, SyncOfFile));
        Marshal.WriteIntPtr(copy, WriteOfFile, Keep<Write>((file, bytes, count, offset) =>
        {
            Interlocked.Increment(ref written);
            return write(file, bytes, count, offset);
        }));
        Marshal.WriteIntPtr(copy, SyncOfFile, Keep<Sync>((file, flags) =>
        {
            var before = Interlocked.Read(ref written);
            var result = sync(file, flags);
            if (result == 0) Interlocked.Exchange(ref synced, before);
            Interlocked.Increment(ref syncs);
            return result;
        }));
        return copy;
    }

    private static nint Keep<T>(T function) where T : Delegate
    {
        Kept.Add(function);
        return Marshal.GetFunctionPointerForDelegate(function);
    }
}
