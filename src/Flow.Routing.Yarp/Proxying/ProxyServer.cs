using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Flow.Routing.Yarp.Proxying;

/// <summary>
/// A web server of its own, beside whatever the host serves: its own port, pipeline, limits and shutdown. Nothing of the host's middleware,
/// authorization or configuration touches an app's traffic, and no app's traffic reaches the host's endpoints.
/// </summary>
internal sealed class ProxyServer : IAsyncDisposable
{
    // Shorter than the keep-alive time of common app servers (5 s), so that they never close a connection just as a request goes out on it.
    private static readonly TimeSpan IdleConnectionsKept = TimeSpan.FromSeconds(4);

    private readonly WebApplication server;
    private readonly HttpMessageInvoker client;
    private readonly YarpRouterOptions options;

    public ProxyServer(YarpRouterOptions options, TrafficTable traffic, TimeProvider time, ILoggerFactory logs)
    {
        this.options = options;
        client = new(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = IdleConnectionsKept,
        });
        server = BareServer.Create(logs, options.ShutdownGrace, kestrel =>
        {
            // Uploads and streams are the app's business: no size, no least speed; what stands still is ended by the activity timeout.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Parse(options.ListenAddress), options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        }, services => services.AddHttpForwarder());
        var forwarder = new RequestForwarder(traffic, new(options.Domain), server.Services.GetRequiredService<IHttpForwarder>(), client, options, time,
            logs.CreateLogger<RequestForwarder>());
        server.Run(forwarder.HandleAsync);
    }

    /// <summary>The port it listens on; known once started.</summary>
    public int Port { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new FlowException(RouterErrors.PortUnavailable,
                $"The router cannot listen on {options.ListenAddress} port {options.Port}: another program has the port, or the address is not this machine's. Set Flow:Router:Port or Flow:Router:ListenAddress.",
                transient: true, e);
        }
        var addresses = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Port = new Uri(addresses.First()).Port;
    }

    /// <summary>Lets no new connection in, and gives requests in flight their grace.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync().ConfigureAwait(false);
        client.Dispose();
    }
}
