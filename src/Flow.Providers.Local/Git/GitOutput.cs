namespace Flow.Providers.Local.Git;

/// <summary>Readers of what git prints, each with a bound.</summary>
internal static class GitOutput
{
    /// <summary>Keeps all of it, or throws.</summary>
    public static Func<Stream, CancellationToken, Task> All(MemoryStream into, long maxBytes, Func<Exception> tooLarge) => async (stream, ct) =>
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            if (into.Length + read > maxBytes) throw tooLarge();
            into.Write(buffer, 0, read);
        }
    };

    /// <summary>Keeps the beginning and reads on to the end.</summary>
    public static Func<Stream, CancellationToken, Task> Beginning(MemoryStream into, int maxBytes) => async (stream, ct) =>
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            into.Write(buffer, 0, Math.Min(read, maxBytes - (int)into.Length));
        }
    };

    /// <summary>Hands on each record that ends with NUL, without it. What follows the last NUL is no record.</summary>
    public static Func<Stream, CancellationToken, Task> Records(int maxRecordBytes, Action<ReadOnlyMemory<byte>> record) => async (stream, ct) =>
    {
        var buffer = new byte[Math.Max(64 * 1024, maxRecordBytes)];
        var filled = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(filled), ct).ConfigureAwait(false)) > 0)
        {
            filled += read;
            var start = 0;
            int length;
            while ((length = buffer.AsSpan(start, filled - start).IndexOf((byte)0)) >= 0)
            {
                record(buffer.AsMemory(start, length));
                start += length + 1;
            }
            if (start == 0 && filled == buffer.Length) throw new FlowException("tree-invalid", "The repository holds a path that is far too long: shorten it.");
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }
    };
}
