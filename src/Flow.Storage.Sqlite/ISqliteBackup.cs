namespace Flow.Storage.Sqlite;

/// <summary>Copies the store while the engine goes on writing.</summary>
public interface ISqliteBackup
{
    /// <summary>
    /// Writes one consistent copy of the database to a new file, readable for its user alone, and returns when it is on the disk. The copy is the whole
    /// store as of one moment: it is restored by copying it to the place of the database while no host runs. It can be read with any SQLite tool.
    /// </summary>
    /// <remarks>
    /// <para>Neither readers nor commits wait for it; the log beside the database grows while it runs. A host that stands by can make a backup too. The
    /// file appears under its name only when it is complete; what an interrupted backup leaves ends in <c>.partial</c> and is overwritten by the next one.</para>
    /// <para>A restored copy begins with greater epochs, ids of inputs and positions of events than the database had given out until long after the
    /// copy was made, so nothing that was handed out in between is taken for current.</para>
    /// <para>Fails with <c>backup-exists</c> (nothing is ever overwritten), <c>backup-folder-missing</c> (a folder is not made: an unmounted disk must be noticed),
    /// <c>store-corrupt</c>, and the transient <c>store-full</c> and <c>store-unavailable</c>. Cancelling leaves no file.</para>
    /// </remarks>
    /// <param name="path">The new file, best on another disk; relative to the working directory.</param>
    /// <param name="cancellationToken">Stops the copying.</param>
    Task<SqliteBackupFile> BackupAsync(string path, CancellationToken cancellationToken = default);
}

/// <summary>A backup that was made.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Took">How long it took.</param>
public sealed record SqliteBackupFile(string Path, long Bytes, TimeSpan Took);
