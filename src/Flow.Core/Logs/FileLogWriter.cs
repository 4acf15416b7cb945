using Microsoft.Win32.SafeHandles;

namespace Flow.Logs;

/// <summary>Appends to the newest segment, wherever another writer may have brought it.</summary>
internal sealed class FileLogWriter : ILogWriter
{
    private static readonly byte[] Torn = "\n[flow] The writer of this log ended in the middle of the line above.\n"u8.ToArray();
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly FileLogDirectory directory;
    private readonly int segmentBytes;
    private readonly long retainedBytes;
    private SafeFileHandle? alive, segment;
    private long start;

    private FileLogWriter(FileLogDirectory directory, int segmentBytes, long retainedBytes) =>
        (this.directory, this.segmentBytes, this.retainedBytes) = (directory, segmentBytes, retainedBytes);

    public static async ValueTask<FileLogWriter> OpenAsync(FileLogDirectory directory, int segmentBytes, long retainedBytes, CancellationToken cancellationToken)
    {
        var writer = new FileLogWriter(directory, segmentBytes, retainedBytes);
        using var _ = await directory.LockAsync(cancellationToken);
        directory.Create();
        try
        {
            writer.OpenNewest();
            // Nobody else has it open: what ends in mid-line was left so by somebody who died.
            using (var state = FileLogDirectory.TryOpenExclusive(directory.StatePath))
            {
                if (state is not null)
                {
                    RandomAccess.SetLength(state, 0);
                    if (writer.EndsInMidLine()) writer.Write(Torn);
                }
            }

            writer.alive = File.OpenHandle(directory.StatePath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(alive is null, this);
            using var _ = await directory.LockAsync(cancellationToken);
            // Another writer completed it a moment ago; it was not the last one after all.
            if (RandomAccess.GetLength(alive) > 0) RandomAccess.SetLength(alive, 0);
            return Write(text.Span);
        }
        catch (Exception e) when (FileLogTrouble.Is(e)) { throw FileLogTrouble.Of(directory.Log, e); }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(alive is null, this);
            using var _ = await directory.LockAsync(cancellationToken);
            Close();
            if (!directory.Exists()) return;
            // Only the last writer can say that nothing more will come.
            using var state = FileLogDirectory.TryOpenExclusive(directory.StatePath);
            if (state is not null) RandomAccess.Write(state, "1"u8, 0);
        }
        catch (Exception e) when (FileLogTrouble.Is(e)) { throw FileLogTrouble.Of(directory.Log, e); }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await gate.WaitAsync();
        Close();
        gate.Release();
    }

    private void Close()
    {
        alive?.Dispose();
        segment?.Dispose();
        alive = segment = null;
    }

    private long Write(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var length = RandomAccess.GetLength(segment!);
            if (length >= segmentBytes)
            {
                Rotate(start + length);
                continue;
            }

            var part = text[..(int)Math.Min(text.Length, segmentBytes - length)];
            RandomAccess.Write(segment!, part, length);
            text = text[part.Length..];
            if (text.IsEmpty) return start + length + part.Length;
        }
    }

    private void Rotate(long end)
    {
        // Another writer may be further than this one, and even the segment after this one may be gone already.
        if (directory.Segments() is [.., var newest] && newest > start)
        {
            Open(newest);
            return;
        }

        Open(end);
        var segments = directory.Segments();
        for (var i = 0; i < segments.Count - 1 && end - segments[i + 1] >= retainedBytes; i++) File.Delete(directory.PathOf(segments[i]));
    }

    private void OpenNewest() => Open(directory.Segments() is [.., var last] ? last : 0);

    private void Open(long from)
    {
        var opened = File.OpenHandle(directory.PathOf(from), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        segment?.Dispose();
        (segment, start) = (opened, from);
    }

    private bool EndsInMidLine()
    {
        Span<byte> last = stackalloc byte[1];
        // The newest file may be empty: its writer died when it had only just begun it.
        foreach (var at in directory.Segments().AsEnumerable().Reverse())
        {
            using var file = File.OpenHandle(directory.PathOf(at), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (RandomAccess.GetLength(file) is > 0 and var length) return RandomAccess.Read(file, last, length - 1) == 1 && last[0] != (byte)'\n';
        }
        return false;
    }
}
