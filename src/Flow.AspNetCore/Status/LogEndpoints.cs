using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using Flow.Logs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Hosting;
using Microsoft.Net.Http.Headers;

namespace Flow.AspNetCore.Status;

/// <summary>Logs as plain text, chunk by chunk, and as a stream that can be resumed at its offset.</summary>
internal sealed class LogEndpoints(ILogStore logs, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Offset of the body's first byte.</summary>
    public const string OffsetHeader = "Flow-Log-Offset";
    /// <summary>Offset to go on at.</summary>
    public const string NextHeader = "Flow-Log-Next";
    /// <summary><c>true</c>: nothing will come after the body.</summary>
    public const string CompleteHeader = "Flow-Log-Complete";

    private const int MaxChunk = 256 * 1024;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public async Task<IResult> ReadAsync(HttpContext context, string id, string? offset = null)
    {
        if (!LogId.TryParse(id, null, out var log)) return TypedResults.NotFound();
        if (!TryOffset(offset, out var from)) return BadOffset();
        LogChunk chunk;
        try
        {
            chunk = await logs.ReadAsync(log, from, MaxChunk, context.RequestAborted).ConfigureAwait(false);
        }
        catch (FlowException trouble)
        {
            return TypedResults.Text(trouble.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        var headers = context.Response.Headers;
        headers[OffsetHeader] = Text(chunk.Offset);
        headers[NextHeader] = Text(chunk.Next);
        headers[CompleteHeader] = chunk.Complete ? "true" : "false";
        if (chunk.Bytes.Length > 0 && !chunk.Complete) headers[HeaderNames.Link] = $"<?offset={Text(chunk.Next)}>; rel=\"next\"";
        return TypedResults.Bytes(chunk.Bytes, "text/plain; charset=utf-8");
    }

    /// <summary>Each event's id is the offset behind its text; <c>ping</c> keeps proxies awake; <c>end</c> says that the log is complete.</summary>
    public IResult Tail(HttpContext context, string id, string? offset = null)
    {
        if (!LogId.TryParse(id, null, out var log)) return TypedResults.NotFound();
        if (!TryOffset(context.Request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : offset, out var from)) return BadOffset();
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(FollowAsync(log, from, context.RequestAborted));
    }

    private async IAsyncEnumerable<SseItem<string>> FollowAsync(LogId log, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A host that shuts down does not wait for readers.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var chunks = logs.TailAsync(log, offset, over.Token).GetAsyncEnumerator(over.Token);
        var next = Task.FromResult(false);
        var carry = Array.Empty<byte>();
        try
        {
            while (true)
            {
                next = chunks.MoveNextAsync().AsTask();
                while (!await WithinAsync(next, over.Token).ConfigureAwait(false))
                {
                    if (over.IsCancellationRequested) yield break;
                    yield return new("", "ping");
                }
                if (over.IsCancellationRequested || !await next.ConfigureAwait(false)) yield break;
                var chunk = chunks.Current;
                byte[] bytes = [.. carry, .. chunk.Bytes.Span];
                var whole = chunk.Complete ? bytes.Length : Utf8.WholeLength(bytes);
                carry = bytes[whole..];
                if (whole > 0) yield return new(Encoding.UTF8.GetString(bytes, 0, whole)) { EventId = Text(chunk.Next - carry.Length) };
                if (!chunk.Complete) continue;
                yield return new("", "end") { EventId = Text(chunk.Next) };
                yield break;
            }
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await chunks.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> WithinAsync(Task next, CancellationToken over)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(over);
        await Task.WhenAny(next, Task.Delay(Heartbeat, time, patience.Token)).ConfigureAwait(false);
        await patience.CancelAsync().ConfigureAwait(false);
        return next.IsCompleted;
    }

    private static bool TryOffset(string? text, out long offset)
    {
        offset = 0;
        return text is null || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }

    private static ContentHttpResult BadOffset() => TypedResults.Text("offset counts bytes from the beginning: 0 or more.", statusCode: StatusCodes.Status400BadRequest);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Text that is cut into chunks by bytes.</summary>
internal static class Utf8
{
    /// <summary>How many bytes there are before a character that is not there as a whole.</summary>
    public static int WholeLength(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var b = bytes[^back];
            if ((b & 0xC0) == 0x80) continue;                       // within a character: look for its beginning
            var needs = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
            return needs > back ? bytes.Length - back : bytes.Length;
        }
        return bytes.Length;
    }

    /// <summary>How many bytes at the beginning belong to a character that began before.</summary>
    public static int Torn(ReadOnlySpan<byte> bytes)
    {
        var torn = 0;
        while (torn < Math.Min(3, bytes.Length) && (bytes[torn] & 0xC0) == 0x80) torn++;
        return torn;
    }
}
