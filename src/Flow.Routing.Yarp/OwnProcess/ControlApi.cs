using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Flow.Routing.Yarp.Proxying;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>
/// What a host says to its router: a few requests over HTTP on a Unix socket, which brings framing, bounds and waiting with it.
/// Who may speak is decided by the file system alone.
/// </summary>
internal sealed class ControlApi : IAsyncDisposable
{
    public const int LargestTable = 64 * 1024 * 1024;

    private readonly RouterFiles files;
    private readonly TableFile tableFile;
    private readonly TrafficTable traffic;
    private readonly string settings;
    private readonly WebApplication server;
    private readonly SemaphoreSlim changing = new(1);
    private readonly TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ControlApi(RouterFiles files, TableFile tableFile, TrafficTable traffic, RouterSettings settings, ILoggerFactory logs)
    {
        (this.files, this.tableFile, this.traffic, this.settings) = (files, tableFile, traffic, settings.ToString());
        server = BareServer.Create(logs, TimeSpan.FromSeconds(1), kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = LargestTable;
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.ListenUnixSocket(files.Socket, listen => listen.Protocols = HttpProtocols.Http1);
        });
        server.Run(HandleAsync);
    }

    /// <summary>Completes when somebody asked the router to stop.</summary>
    public Task StopRequested => stop.Task;

    /// <summary>Says from now on that the router stops, so that no host takes it for one that lives.</summary>
    public void Stop() => stop.TrySetResult();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Left over by a router that was killed; a living one would hold the lock.
        File.Delete(files.Socket);
        await server.StartAsync(cancellationToken).ConfigureAwait(false);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(files.Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await server.DisposeAsync().ConfigureAwait(false);
        File.Delete(files.Socket);
        changing.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (stop.Task.IsCompleted)
        {
            await SayAsync(context, StatusCodes.Status503ServiceUnavailable, "Stopping.").ConfigureAwait(false);
            return;
        }
        try
        {
            await ((request.Method, request.Path.Value) switch
            {
                ("GET", "/status") => AnswerAsync(context, 200, new(Environment.ProcessId, traffic.Table.Number, settings, traffic.InFlight), RouterJson.Default.RouterStatus),
                ("GET", "/table") => AnswerAsync(context, 200, TableDocument.From(traffic.Table), RouterJson.Default.TableDocument),
                ("GET", "/visits") => AnswerAsync(context, 200, VisitsDocument.From(traffic.Visits()), RouterJson.Default.VisitsDocument),
                ("PUT", "/table") => PutTableAsync(context),
                ("POST", "/drain") => DrainAsync(context),
                ("GET", "/alive") => StayAsync(context),
                ("POST", "/stop") => StopAsync(context),
                _ => SayAsync(context, StatusCodes.Status404NotFound, "Unknown request."),
            }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or FormatException && !context.Response.HasStarted)
        {
            await SayAsync(context, StatusCodes.Status400BadRequest, e.Message.Length > 500 ? e.Message[..500] : e.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
        }
    }

    private async Task PutTableAsync(HttpContext context)
    {
        var document = await ReadAsync(context, RouterJson.Default.TableDocument).ConfigureAwait(false);
        var table = document.ToTable();
        await changing.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            var present = traffic.Table.Number;
            if (table.Number <= present)
            {
                await AnswerAsync(context, StatusCodes.Status409Conflict, new(present), RouterJson.Default.TableAnswer).ConfigureAwait(false);
                return;
            }
            tableFile.TrySave(document);
            traffic.Apply(table);
        }
        finally
        {
            changing.Release();
        }
        await AnswerAsync(context, StatusCodes.Status200OK, new(table.Number), RouterJson.Default.TableAnswer).ConfigureAwait(false);
    }

    private async Task DrainAsync(HttpContext context)
    {
        var (targets, deadline) = ReadDrain(await ReadAsync(context, RouterJson.Default.DrainRequest).ConfigureAwait(false));
        var left = await traffic.DrainAsync(targets, deadline, context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, StatusCodes.Status200OK, new(left), RouterJson.Default.DrainAnswer).ConfigureAwait(false);
    }

    /// <exception cref="FormatException">Says what is wrong with it.</exception>
    public static (Uri[] Targets, TimeSpan Deadline) ReadDrain(DrainRequest? asked)
    {
        if (asked is null || !double.IsFinite(asked.DeadlineSeconds)) throw new FormatException("A deadline is a number of seconds.");
        if (asked.Targets.Count > TableDocument.MostTargets) throw new FormatException($"A route has at most {TableDocument.MostTargets} targets.");
        Uri[] targets = [.. asked.Targets.Select(text => Uri.TryCreate(text, UriKind.Absolute, out var target) ? target : throw new FormatException("A target is not an address."))];
        return (targets, TimeSpan.FromSeconds(Math.Clamp(asked.DeadlineSeconds, 0, TimeSpan.SecondsPerDay)));
    }

    /// <summary>An answer that ends with the router: its host notices at once.</summary>
    private async Task StayAsync(HttpContext context)
    {
        await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var aborted = context.RequestAborted.Register(() => gone.TrySetResult()).ConfigureAwait(false);
        await using var stopping = server.Lifetime.ApplicationStopping.Register(() => gone.TrySetResult()).ConfigureAwait(false);
        await gone.Task.ConfigureAwait(false);
    }

    private async Task StopAsync(HttpContext context)
    {
        await SayAsync(context, StatusCodes.Status202Accepted, "Stopping.").ConfigureAwait(false);
        await context.Response.CompleteAsync().ConfigureAwait(false);
        stop.TrySetResult();
    }

    private static async ValueTask<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type) =>
        await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted).ConfigureAwait(false) ?? throw new FormatException("The body is null.");

    private static Task AnswerAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    private static Task SayAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
