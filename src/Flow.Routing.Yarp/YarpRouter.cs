using Flow.Routing.Yarp.Proxying;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Routing.Yarp;

/// <summary>The router in the host's own process: the table is changed directly, and ends with the host.</summary>
internal sealed partial class YarpRouter(IOptions<YarpRouterOptions> options, TimeProvider time, ILoggerFactory logs) : IRouter, IHostedService, IAsyncDisposable
{
    private readonly YarpRouterOptions options = options.Value;
    private readonly TrafficTable traffic = new(time);
    private readonly ILogger<YarpRouter> logger = logs.CreateLogger<YarpRouter>();
    private ProxyServer? proxy;
    private int port = options.Value.Port;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        proxy = new(options, traffic, time, logs);
        await proxy.StartAsync(cancellationToken).ConfigureAwait(false);
        port = proxy.Port;
        LogListening(options.ListenAddress, port);
    }

    public Task StopAsync(CancellationToken cancellationToken) => proxy?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public Uri UrlOf(AppName app) => port != 0 || options.PublicPort is not null
        ? AppHosts.UrlOf(app, options, port)
        : throw new InvalidOperationException("Flow:Router:Port is 0: the router's port is known only once the host has started.");

    public ValueTask SetAsync(Route route, CancellationToken cancellationToken)
    {
        if (!traffic.Apply(table => table.Set(route))) LogIgnored(route.App, route.Deployment.Generation);
        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken)
    {
        if (!traffic.Apply(table => table.Remove(app, generation))) LogIgnored(app, generation);
        return ValueTask.CompletedTask;
    }

    public ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken)
    {
        traffic.Apply(table => table.Restore(routes));
        return ValueTask.CompletedTask;
    }

    public ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken) =>
        traffic.DrainAsync(targets, deadline, cancellationToken);

    public ValueTask DisposeAsync() => proxy?.DisposeAsync() ?? ValueTask.CompletedTask;

    [LoggerMessage(6010, LogLevel.Information, "The router listens on {Address} port {Port}.")]
    private partial void LogListening(string address, int port);

    [LoggerMessage(6011, LogLevel.Debug, "{App}: a change of generation {Generation} changes nothing: it is in force, or a newer one is.")]
    private partial void LogIgnored(AppName app, int generation);
}
