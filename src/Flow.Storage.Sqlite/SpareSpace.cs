using SQLitePCL;

namespace Flow.Storage.Sqlite;

/// <summary>
/// Gives pages that retention has freed back to the disk, a few at a time, so that no commit waits long. Some stay: what was freed is soon written again,
/// and a file that shrinks and grows for ever costs more than it saves.
/// </summary>
internal sealed class SpareSpace(sqlite3 database) : IDisposable
{
    private const int PagesAtOnce = 64, KeepAtLeast = 256, KeepOneIn = 8;

    private readonly Statement free = new(database, "PRAGMA freelist_count"), all = new(database, "PRAGMA page_count"),
        giveBack = new(database, $"PRAGMA incremental_vacuum({PagesAtOnce})");

    /// <summary>Inside the writer's transaction. False when there is nothing (more) to give back.</summary>
    public bool GiveBack()
    {
        if (Count(free) <= Math.Max(KeepAtLeast, Count(all) / KeepOneIn)) return false;
        try
        {
            // One page a row.
            while (giveBack.Read()) { }
        }
        finally { giveBack.Reset(); }
        return true;
    }

    public void Dispose()
    {
        free.Dispose();
        all.Dispose();
        giveBack.Dispose();
    }

    private static long Count(Statement statement)
    {
        try { return statement.Read() ? statement.Integer(0) : 0; }
        finally { statement.Reset(); }
    }
}
