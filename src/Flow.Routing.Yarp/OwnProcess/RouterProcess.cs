using System.Runtime.InteropServices;
using Flow.Routing.Yarp.Proxying;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>The life of a router process, from its lock to its last request.</summary>
internal static class RouterProcess
{
    public static async Task<RouterExit> RunAsync(RouterSettings settings)
    {
        var options = settings.ToOptions();
        if (new YarpRouterOptionsValidator(RouterMode.OwnProcess).Validate(null, options) is { Failed: true } wrong)
        {
            await Console.Error.WriteLineAsync(wrong.FailureMessage).ConfigureAwait(false);
            return RouterExit.BadSettings;
        }

        // A session of its own: what ends the host's terminal or process group does not end the router.
        if (!OperatingSystem.IsWindows()) _ = Native.SetSession();

        var files = new RouterFiles(settings.Directory);
        files.CreateDirectory();
        await using var held = files.TryLock();
        if (held is null) return RouterExit.AlreadyRunning;

        using var logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("Yarp", LogLevel.Warning).AddProvider(new FileLog(files.Log, TimeProvider.System)));
        var logger = logs.CreateLogger("Flow.Router");
        try
        {
            return await ServeAsync(settings, options, files, logs, logger).ConfigureAwait(false);
        }
        catch (FlowException e) when (e.Code == RouterErrors.PortUnavailable)
        {
            RouterLog.Failed(logger, e);
            return RouterExit.PortUnavailable;
        }
        catch (Exception e)
        {
            RouterLog.Failed(logger, e);
            return RouterExit.Failed;
        }
    }

    private static async Task<RouterExit> ServeAsync(RouterSettings settings, YarpRouterOptions options, RouterFiles files, ILoggerFactory logs, ILogger logger)
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            signalled.TrySetResult();
        }
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);

        var traffic = new TrafficTable(TimeProvider.System);
        var tableFile = new TableFile(files.Table, logger);
        traffic.Apply(tableFile.Load());

        var proxy = new ProxyServer(options, traffic, TimeProvider.System, logs);
        await using var closing = proxy.ConfigureAwait(false);
        await proxy.StartAsync(CancellationToken.None).ConfigureAwait(false);
        var control = new ControlApi(files, tableFile, traffic, settings, logs);
        await using var ending = control.ConfigureAwait(false);
        await control.StartAsync(CancellationToken.None).ConfigureAwait(false);
        RouterLog.Serves(logger, Environment.ProcessId, settings.ListenAddress, settings.Port, traffic.Table.Number);

        await Task.WhenAny(signalled.Task, control.StopRequested).ConfigureAwait(false);
        control.Stop();
        RouterLog.Stops(logger, traffic.InFlight);
        await proxy.StopAsync(CancellationToken.None).ConfigureAwait(false);
        return RouterExit.Stopped;
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "setsid")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int SetSession();
    }
}

/// <summary>How a router process ends, as its exit code.</summary>
internal enum RouterExit
{
    Stopped = 0,
    Failed = 1,
    AlreadyRunning = 3,
    PortUnavailable = 4,
    BadSettings = 64,
}

internal static partial class RouterLog
{
    [LoggerMessage(6023, LogLevel.Information, "Router {ProcessId} listens on {Address} port {Port} with table {Number}.")]
    public static partial void Serves(ILogger logger, int processId, string address, int port, long number);

    [LoggerMessage(6024, LogLevel.Information, "The router stops; {InFlight} requests are in flight.")]
    public static partial void Stops(ILogger logger, int inFlight);

    [LoggerMessage(6025, LogLevel.Critical, "The router ends.")]
    public static partial void Failed(ILogger logger, Exception exception);
}
