using System.Globalization;

namespace Flow.Reliability.Tests.Soaks;

/// <summary>What a process holds: objects that live, and open handles. Never its working set, which is the collector's business.</summary>
internal sealed record Footprint(long Heap, int Handles)
{
    public static Footprint Now()
    {
        // What a finalizer lets go is found by the next collection.
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        var seen = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        return new(seen.HeapSizeBytes - seen.FragmentedBytes, Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Heap} {Handles}");
}
