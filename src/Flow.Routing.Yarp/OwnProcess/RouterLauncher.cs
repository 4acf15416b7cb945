using System.Diagnostics;
using System.Reflection;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>Starts a router process that outlives its host, or replaces one that runs with other settings.</summary>
internal sealed class RouterLauncher(YarpRouterOptions options, RouterSettings settings, RouterFiles files, RouterConnection connection, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(25);

    // A router needs nothing of the host's environment, which may hold secrets.
    private static readonly string[] PassedOn = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

    /// <summary>Returns the status of the router that answers: the one started here, or one that somebody else has started meanwhile.</summary>
    public async Task<RouterStatus> StartAsync(CancellationToken cancellationToken)
    {
        files.CreateDirectory();
        var began = time.GetTimestamp();
        var process = Start();
        try
        {
            while (true)
            {
                if (await TryStatusAsync(cancellationToken).ConfigureAwait(false) is { } status) return status;
                if (process.HasExited)
                {
                    if ((RouterExit)process.ExitCode != RouterExit.AlreadyRunning) throw Failed((RouterExit)process.ExitCode);
                    // Another one starts, and will answer; or stops, and then it is this one's turn.
                    await Task.Delay(LookAgain * 10, time, cancellationToken).ConfigureAwait(false);
                    process.Dispose();
                    process = Start();
                }
                if (time.GetElapsedTime(began) > options.Process.StartTimeout)
                    throw new FlowException(RouterErrors.StartFailed, $"The router process does not answer on {files.Socket} within {options.Process.StartTimeout.TotalSeconds:0} s; {files.Log} may say why.", transient: true);
                await Task.Delay(LookAgain, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Not met, so nobody knows it and nobody could ask it to stop; whoever needs one starts another.
            process.Kill();
            throw;
        }
        finally
        {
            process.Dispose();
        }
    }

    /// <summary>Stops the router and waits until it has gone, requests in flight included; gives up after its grace and a little more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Said even when the host's time to shut down is over; the connection is not patient for long.
        await connection.StopAsync(CancellationToken.None).ConfigureAwait(false);
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < options.ShutdownGrace + options.Process.StartTimeout)
        {
            var free = files.TryLock();
            if (free is not null)
            {
                await free.DisposeAsync().ConfigureAwait(false);
                return;
            }
            await Task.Delay(LookAgain, time, cancellationToken).ConfigureAwait(false);
        }
        throw new FlowException(RouterErrors.StartFailed, $"The router that holds {files.Directory} does not stop.", transient: true);
    }

    private async Task<RouterStatus?> TryStatusAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await connection.StatusAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RouterConnection.IsAway(e))
        {
            return null;
        }
    }

    private Process Start()
    {
        string[] command = options.Process.Command.Count > 0 ? [.. options.Process.Command] : OwnCommand();
        var start = new ProcessStartInfo(command[0])
        {
            WorkingDirectory = files.Directory,
            // Pipes of its own, closed below: a router that kept the host's output open would keep whoever reads it waiting for ever.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command[1..]) start.ArgumentList.Add(argument);
        start.ArgumentList.Add(FlowRouter.Verb);
        start.ArgumentList.Add(settings.ToString());
        foreach (var name in start.Environment.Keys.ToArray())
            if (!PassedOn.Contains(name) && !name.StartsWith("DOTNET_ROOT", StringComparison.Ordinal)) start.Environment.Remove(name);
        try
        {
            var process = Process.Start(start) ?? throw new FlowException(RouterErrors.StartFailed, "The router process could not be started.", transient: true);
            process.StandardInput.Close();
            process.StandardOutput.Close();
            process.StandardError.Close();
            return process;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FlowException(RouterErrors.StartFailed, $"The router's program '{command[0]}' cannot be started: {e.Message}. Set Flow:Router:Process:Command.", transient: false, e);
        }
    }

    // `dotnet Host.dll` needs the assembly again; an apphost is the program itself.
    private static string[] OwnCommand()
    {
        var program = Environment.ProcessPath ?? throw new FlowException(RouterErrors.StartFailed, "The host's own program is unknown: set Flow:Router:Process:Command.");
        var isDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return isDotnet && Assembly.GetEntryAssembly()?.Location is { Length: > 0 } assembly ? [program, assembly] : [program];
    }

    private FlowException Failed(RouterExit exit) => exit switch
    {
        RouterExit.PortUnavailable => new(RouterErrors.PortUnavailable,
            $"The router cannot listen on {options.ListenAddress} port {options.Port}: another program has the port, or the address is not this machine's. Set Flow:Router:Port or Flow:Router:ListenAddress.", transient: true),
        RouterExit.BadSettings => new(RouterErrors.StartFailed, "The router process refuses its settings: is Flow:Router:Process:Command the program of another version?"),
        RouterExit.Failed => new(RouterErrors.StartFailed, $"The router process failed; {files.Log} says why.", transient: true),
        _ => new(RouterErrors.StartFailed,
            $"The router process ended with exit code {(int)exit} before it answered. Does the host call FlowRouter.TryRun first thing in Program.cs?"),
    };
}
