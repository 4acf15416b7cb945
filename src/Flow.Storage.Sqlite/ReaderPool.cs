using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Flow.Storage.Sqlite;

/// <summary>Reading connections. They see what is committed and never wait for the writer.</summary>
internal sealed class ReaderPool(string path) : IDisposable
{
    private const int KeepAtMost = 8;
    private readonly ConcurrentStack<StoreReader> idle = new();
    private volatile bool disposed;

    public T Read<T>(Func<StoreReader, T> read)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(SqliteFlowStore));
        StoreReader? reader = null;
        try
        {
            if (!idle.TryPop(out reader)) reader = new(path);
            var result = read(reader);
            if (idle.Count < KeepAtMost && !disposed)
            {
                idle.Push(reader);
                reader = null;
            }
            return result;
        }
        catch (SqliteException e) { throw SqliteTrouble.ToFlowException(e, path); }
        finally
        {
            // One that failed is not used again.
            reader?.Dispose();
            if (disposed) CloseIdle();
        }
    }

    public void Dispose()
    {
        disposed = true;
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (idle.TryPop(out var reader)) reader.Dispose();
    }
}
