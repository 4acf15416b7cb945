using System.Buffers;
using System.Text;
using Flow.Logs;
using Flow.Secrets;
using Microsoft.Win32.SafeHandles;

namespace Flow.Providers.Local.Supervision;

/// <summary>Takes a command's output into its log, masked. Goes on reading when the log cannot be written (a full disk must not stop an app).</summary>
internal sealed class CommandLog(ILogStore store, LogId log, SecretMasker masker) : IAsyncDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim gate = new(1, 1);
    private ILogWriter? writer;
    private bool inMidLine, lost;

    /// <summary>Returns where the output will begin.</summary>
    public async ValueTask<long> OpenAsync()
    {
        await AppendAsync(default).ConfigureAwait(false);
        return End;
    }

    private long End { get; set; }

    /// <summary>Until the pipe has no writer any more. Whole lines go at once, so that two streams do not mix within a line; a piece of one waits a moment for its rest.</summary>
    public async Task PumpAsync(SafeFileHandle pipe)
    {
        using var stream = new FileStream(pipe, FileAccess.Read, bufferSize: 0);
        var masking = masker.OpenStream();
        var buffer = new byte[16 * 1024];
        var open = new ArrayBufferWriter<byte>(buffer.Length);
        while (true)
        {
            var reading = stream.ReadAsync(buffer).AsTask();
            if (open.WrittenCount > 0 && await Task.WhenAny(reading, Task.Delay(Quiet)).ConfigureAwait(false) != reading)
            {
                await AppendAsync(open.WrittenMemory).ConfigureAwait(false);
                open.ResetWrittenCount();
            }

            var read = await reading.ConfigureAwait(false);
            if (read == 0) break;
            masking.Write(buffer.AsSpan(0, read), open);
            var whole = open.WrittenCount >= buffer.Length ? open.WrittenCount : open.WrittenSpan.LastIndexOf((byte)'\n') + 1;
            if (whole == 0) continue;
            await AppendAsync(open.WrittenMemory[..whole]).ConfigureAwait(false);
            var rest = open.WrittenSpan[whole..].ToArray();
            open.ResetWrittenCount();
            open.Write(rest);
        }

        masking.Flush(open);
        if (open.WrittenCount > 0 && open.WrittenSpan[^1] != (byte)'\n') open.Write("\n"u8);
        await AppendAsync(open.WrittenMemory).ConfigureAwait(false);
    }

    /// <summary>A line of the supervisor's own, on a line of its own.</summary>
    public ValueTask SayAsync(string line) => AppendAsync(Encoding.UTF8.GetBytes($"{(inMidLine ? "\n" : "")}[flow] {line}\n"));

    public async ValueTask CompleteAsync()
    {
        if (inMidLine) await AppendAsync("\n"u8.ToArray()).ConfigureAwait(false);
        try
        {
            if (writer is not null) await writer.CompleteAsync(default).ConfigureAwait(false);
        }
        catch (FlowException) { }
    }

    public async ValueTask DisposeAsync()
    {
        if (writer is not null) await writer.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask AppendAsync(ReadOnlyMemory<byte> text)
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            writer ??= await store.OpenAsync(log, default).ConfigureAwait(false);
            if (lost && text.Length > 0)
            {
                await writer.AppendAsync("\n[flow] Output is missing here: the log could not be written.\n"u8.ToArray(), default).ConfigureAwait(false);
                lost = false;
            }

            End = await writer.AppendAsync(text, default).ConfigureAwait(false);
            if (text.Length > 0) inMidLine = text.Span[^1] != (byte)'\n';
        }
        catch (FlowException)
        {
            lost |= text.Length > 0;
        }
        finally
        {
            gate.Release();
        }
    }
}
