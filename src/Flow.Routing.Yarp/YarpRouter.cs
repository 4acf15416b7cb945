using Flow.Routing.Yarp.Proxying;
using Flow.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Routing.Yarp;

/// <summary>The router in the host's own process: the table is changed directly, and ends with the host.</summary>
internal sealed partial class YarpRouter(IOptions<YarpRouterOptions> options, TimeProvider time, ILoggerFactory logs, IStoreOwnership? ownership = null)
    : BackgroundService, IRouter, IRouterVisits, IAsyncDisposable
{
    // The owner that has just ended may still be giving its port back.
    private static readonly TimeSpan PortIsGivenBack = TimeSpan.FromSeconds(15), LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly YarpRouterOptions options = options.Value;
    private readonly TrafficTable traffic = new(time);
    private readonly ILogger<YarpRouter> logger = logs.CreateLogger<YarpRouter>();
    private ProxyServer? proxy;
    private int port = options.Value.Port;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // The port belongs to the host whose engine owns the store. One that stands by takes both over.
        if (ownership is null or { IsOwner: true }) await ListenAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (proxy is not null) await proxy.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (proxy is not null) return;
        LogWaits(options.Port);
        // What makes the ownership impossible stops the engine, and the host with it.
        await ownership!.WaitForOwnershipAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (var began = time.GetTimestamp(); ownership.IsOwner && !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                await ListenAsync(stoppingToken).ConfigureAwait(false);
                return;
            }
            catch (FlowException taken) when (taken.Transient && time.GetElapsedTime(began) < PortIsGivenBack)
            {
                await Task.Delay(LookAgain, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var server = new ProxyServer(options, traffic, time, logs);
        try
        {
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        (proxy, port) = (server, server.Port);
        LogListening(options.ListenAddress, port);
    }

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

    public ValueTask<IReadOnlyDictionary<AppName, DateTimeOffset>> ListVisitsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(traffic.Visits());

    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (proxy is not null) await proxy.DisposeAsync().ConfigureAwait(false);
    }

    [LoggerMessage(6010, LogLevel.Information, "The router listens on {Address} port {Port}.")]
    private partial void LogListening(string address, int port);

    [LoggerMessage(6012, LogLevel.Information, "The router leaves port {Port} to the host that owns the store.")]
    private partial void LogWaits(int port);

    [LoggerMessage(6011, LogLevel.Debug, "{App}: a change of generation {Generation} changes nothing: it is in force, or a newer one is.")]
    private partial void LogIgnored(AppName app, int generation);
}
