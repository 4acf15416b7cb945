using Flow.Routing.Yarp.Proxying;
using Flow.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>
/// The router as a process of its own, seen from the host. Each change is made to the router's present table and sent as the next number;
/// a router that was told something else meanwhile refuses the number, and the change is made again to what it has now.
/// </summary>
internal sealed partial class YarpProcessRouter : BackgroundService, IRouter, IRouterVisits, IHostedLifecycleService
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly YarpRouterOptions options;
    private readonly TimeProvider time;
    private readonly RouterSettings settings;
    private readonly RouterFiles files;
    private readonly RouterConnection connection;
    private readonly RouterLauncher launcher;
    private readonly ILogger<YarpProcessRouter> logger;
    private readonly SemaphoreSlim talking = new(1);
    private readonly IStoreOwnership? ownership;

    // The last table that the router is known to have had in force.
    private RouteTable? known;
    private bool met;
    private volatile bool leaving;

    public YarpProcessRouter(IOptions<YarpRouterOptions> options, TimeProvider time, ILogger<YarpProcessRouter> logger, IStoreOwnership? ownership = null)
    {
        (this.options, this.time, this.logger, this.ownership) = (options.Value, time, logger, ownership);
        settings = RouterSettings.From(this.options);
        files = new(settings.Directory);
        connection = new(files, time);
        launcher = new(this.options, settings, files, connection, time);
    }

    public Uri UrlOf(AppName app) => AppHosts.UrlOf(app, options, options.Port);

    public ValueTask SetAsync(Route route, CancellationToken cancellationToken) => ChangeAsync(table => table.Set(route), cancellationToken);

    public ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken) => ChangeAsync(table => table.Remove(app, generation), cancellationToken);

    public ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken) => ChangeAsync(table => table.Restore(routes), cancellationToken);

    public async ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var left = 0;
        // A router that restarts on the way has lost what was in flight, and says 0.
        await InsistAsync(async () =>
        {
            var rest = deadline - time.GetElapsedTime(began);
            left = await connection.DrainAsync(targets, rest > TimeSpan.Zero ? rest : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
        return left;
    }

    /// <summary>Only asked: a router that is away has seen nobody, but what the last one has seen is not known, and "no visit" must not be said of it.</summary>
    public async ValueTask<IReadOnlyDictionary<AppName, DateTimeOffset>> ListVisitsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await connection.VisitsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RouterConnection.IsAway(e))
        {
            throw Unreachable(e);
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // A host that stands by neither starts a router, nor replaces the one of the host that owns the store.
        if (ownership is null or { IsOwner: true }) await TalkAsync(static _ => Task.FromResult(true), cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>From now on no router is started: what stops after this service, and still changes routes, would leave one behind.</summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        leaving = true;
        return base.StopAsync(cancellationToken);
    }

    /// <summary>Stops the router only when all services have stopped: the apps go before it, and take their routes away.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        leaving = true;
        if (!options.Process.StopRouterOnShutdown || ownership is { IsOwner: false }) return;
        // Whoever is starting one at this moment ends that first; a start has a deadline of its own.
        await talking.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await launcher.StopAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RouterConnection.IsAway(e))
        {
            // Gone already.
        }
        finally
        {
            talking.Release();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Starts the router anew whenever it ends, and gives a router that lost its table the last one.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (ownership is { IsOwner: false }) await ownership.WaitForOwnershipAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // What makes the ownership impossible stops the engine, and the host with it.
        if (ownership is { IsOwner: false }) return;
        var pause = ShortestPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            try
            {
                await TalkAsync(static _ => Task.FromResult(true), stoppingToken).ConfigureAwait(false);
                await connection.UntilGoneAsync(stoppingToken).ConfigureAwait(false);
                LogGone(files.Directory);
            }
            catch (Exception e) when (RouterConnection.IsAway(e) || e is FlowException)
            {
                LogNotStarted(e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            pause = time.GetElapsedTime(began) > LongestPause ? ShortestPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private ValueTask ChangeAsync(Func<RouteTable, RouteTable> change, CancellationToken cancellationToken) =>
        InsistAsync(() => TalkAsync(async present =>
        {
            var next = change(present);
            if (ReferenceEquals(next, present)) return true;
            if (!await connection.PutAsync(next, cancellationToken).ConfigureAwait(false)) return false;
            known = next;
            return true;
        }, cancellationToken), cancellationToken);

    /// <summary>Until it is done, as long as a router may take to start.</summary>
    private async ValueTask InsistAsync(Func<Task<bool>> attempt, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var pause = ShortestPause;
        while (true)
        {
            try
            {
                if (await attempt().ConfigureAwait(false)) return;
            }
            catch (Exception e) when (RouterConnection.IsAway(e))
            {
                // A router that goes with the host has no routes to change any more.
                if (leaving && options.Process.StopRouterOnShutdown) return;
                if (leaving || time.GetElapsedTime(began) > options.Process.StartTimeout)
                    throw Unreachable(e);
            }
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    private FlowException Unreachable(Exception cause) =>
        new(RouterErrors.Unreachable, $"The router process does not answer on {files.Socket}; {files.Log} may say why.", transient: true, cause);

    /// <summary>One at a time, with a router that runs, and the table that it has in force.</summary>
    private async Task<bool> TalkAsync(Func<RouteTable, Task<bool>> say, CancellationToken cancellationToken)
    {
        await talking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await say(await MeetAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            talking.Release();
        }
    }

    private async Task<RouteTable> MeetAsync(CancellationToken cancellationToken)
    {
        RouterStatus status;
        try
        {
            status = await connection.StatusAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RouterConnection.IsAway(e) && !leaving)
        {
            status = await launcher.StartAsync(cancellationToken).ConfigureAwait(false);
            LogStarted(status.ProcessId, options.Port);
        }

        // Only a host that has just started knows better than the router that runs; two hosts must not replace each other's for ever.
        if (!met && !leaving && status.Settings != settings.ToString())
        {
            LogReplaces(status.ProcessId);
            known = await connection.TableAsync(cancellationToken).ConfigureAwait(false);
            await launcher.StopAsync(cancellationToken).ConfigureAwait(false);
            status = await launcher.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        met = true;

        if (known is null || status.Number > known.Number) known = await connection.TableAsync(cancellationToken).ConfigureAwait(false);
        else if (status.Number < known.Number && await connection.PutAsync(known, cancellationToken).ConfigureAwait(false)) LogSentAgain(known.Number, status.Number);
        return known;
    }

    public override void Dispose()
    {
        base.Dispose();
        connection.Dispose();
        talking.Dispose();
    }

    [LoggerMessage(6030, LogLevel.Information, "Router process {ProcessId} serves port {Port}.")]
    private partial void LogStarted(int processId, int port);

    [LoggerMessage(6031, LogLevel.Warning, "The router process of {Directory} has gone; it is started anew.")]
    private partial void LogGone(string directory);

    [LoggerMessage(6032, LogLevel.Error, "The router process could not be reached: {Reason} It is tried again.")]
    private partial void LogNotStarted(string reason);

    [LoggerMessage(6033, LogLevel.Information, "Router process {ProcessId} runs with other settings and is replaced.")]
    private partial void LogReplaces(int processId);

    [LoggerMessage(6034, LogLevel.Warning, "The router had table {Present} and was given table {Number} again.")]
    private partial void LogSentAgain(long number, long present);
}
