using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Flow.Storage.Sqlite;

/// <summary>Backup by <c>VACUUM INTO</c>: one read transaction, on a connection of its own.</summary>
internal sealed class SqliteBackup(SqliteStoreOptions options, TimeProvider clock, ILogger<SqliteBackup> logger) : ISqliteBackup, IDisposable
{
    /// <summary>As many starts may lie between the backup and the moment it is restored.</summary>
    private const long EpochsAhead = 10_000;
    private const long PositionsAhead = 1_000_000_000;

    private readonly string source = Path.GetFullPath(options.Path);
    private readonly SemaphoreSlim one = new(1);

    public async Task<SqliteBackupFile> BackupAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        path = Path.GetFullPath(path);
        await one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var started = clock.GetTimestamp();
            // A thread of its own: it copies for as long as the disk takes.
            await Task.Factory.StartNew(() => Write(path, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            var made = new SqliteBackupFile(path, new FileInfo(path).Length, clock.GetElapsedTime(started));
            logger.BackedUp(source, path, made.Bytes, (long)made.Took.TotalMilliseconds);
            return made;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private void Write(string path, CancellationToken cancellationToken)
    {
        if (Path.Exists(path)) throw Exists(path);
        if (!Directory.Exists(Path.GetDirectoryName(path)))
            throw new FlowException("backup-folder-missing", $"There is no folder '{Path.GetDirectoryName(path)}': make it, or mount its disk, and try again.");
        var partial = path + ".partial";
        try
        {
            File.Delete(partial);
            // Made here, so that it is private from its first byte; SQLite fills an empty file.
            PrivateFile.OpenOrCreate(partial, FileShare.ReadWrite).Dispose();
            Copy(partial, cancellationToken);
            Mark(partial);
            using (var written = File.OpenHandle(partial, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(written);
            File.Move(partial, path, overwrite: false);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_INTERRUPT && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (SqliteException e) { throw SqliteTrouble.ToFlowException(e, e.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB ? source : path); }
        catch (IOException e) when (Path.Exists(path)) { throw Exists(path, e); }
        catch (IOException e) when (SqliteTrouble.IsFull(e)) { throw SqliteTrouble.IsFull(path, e); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(SqliteTrouble.Unavailable, $"The backup '{path}' cannot be written by the user of this process.", transient: e is IOException, e);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private void Copy(string partial, CancellationToken cancellationToken)
    {
        using var connection = SqliteDatabase.Connect(source, SqliteOpenMode.ReadOnly);
        var handle = connection.Handle!;
        using var vacuum = new Statement(handle, "VACUUM INTO ?1");
        using var stop = cancellationToken.Register(() => raw.sqlite3_interrupt(handle));
        cancellationToken.ThrowIfCancellationRequested();
        vacuum.Bind(1, partial).Run();
    }

    /// <summary>The database goes on while the copy waits to be needed: the copy begins beyond whatever is given out until then.</summary>
    private static void Mark(string partial)
    {
        using var connection = SqliteDatabase.Connect(partial, SqliteOpenMode.ReadWrite);
        using var mark = new Statement(connection.Handle!, """
            UPDATE engine SET epoch = epoch + ?1, position = max(position, coalesce((SELECT max(position) FROM events), 0)) + ?2, owner = '' WHERE id = 1
            """);
        mark.Bind(1, EpochsAhead).Bind(2, PositionsAhead).Run();
    }

    private static FlowException Exists(string path, Exception? cause = null) =>
        new("backup-exists", $"'{path}' exists already, and a backup overwrites nothing: choose another name, such as one with the time in it.", inner: cause);
}
