using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Routing.Yarp.Tests.Worlds;

/// <summary>An app's process: a real web server on a free port of this machine.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication server;
    private readonly TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Backend(string name)
    {
        Name = name;
        server = BareServer.Create(NullLoggerFactory.Instance, TimeSpan.FromSeconds(5), kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        server.UseWebSockets();
        server.Run(HandleAsync);
    }

    public string Name { get; }
    public Uri Address { get; private set; } = null!;

    /// <summary>A request to <c>/slow</c>, <c>/events</c> or <c>/socket</c> has arrived.</summary>
    public Task Entered => entered.Task;

    public static async Task<Backend> StartAsync(string name)
    {
        var backend = new Backend(name);
        await backend.server.StartAsync();
        backend.Address = new(backend.server.Urls.First());
        return backend;
    }

    /// <summary>Lets slow requests end.</summary>
    public void Release() => release.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Release();
        await server.StopAsync();
        await server.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/slow":
                entered.TrySetResult();
                await release.Task.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync(Name);
                break;
            case "/events":
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: one\n\n");
                await context.Response.Body.FlushAsync();
                entered.TrySetResult();
                await release.Task.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync("data: last\n\n");
                break;
            case "/socket":
                using (var socket = await context.WebSockets.AcceptWebSocketAsync())
                {
                    entered.TrySetResult();
                    var buffer = new byte[1024];
                    while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } received)
                        await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, true, context.RequestAborted);
                    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                }
                break;
            case "/count":
                var total = 0L;
                var chunk = new byte[64 * 1024];
                while (await context.Request.Body.ReadAsync(chunk) is > 0 and var read) total += read;
                await context.Response.WriteAsync(FormattableString.Invariant($"{Name} {total}"));
                break;
            case "/silence":
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case "/break":
                context.Abort();
                break;
            case var path when path!.StartsWith("/show", StringComparison.Ordinal):
                await context.Response.WriteAsync(context.Features.Get<IHttpRequestFeature>()!.RawTarget + "\n");
                foreach (var header in context.Request.Headers) await context.Response.WriteAsync($"{header.Key}: {header.Value}\n");
                break;
            default:
                await context.Response.WriteAsync(Name);
                break;
        }
    }
}
