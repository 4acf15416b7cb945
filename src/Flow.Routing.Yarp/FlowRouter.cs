using Flow.Routing.Yarp.OwnProcess;

namespace Flow.Routing.Yarp;

/// <summary>Lets a host's own binary be the router process that <see cref="YarpFlowBuilderExtensions.UseYarpRouterProcess"/> starts.</summary>
public static class FlowRouter
{
    internal const string Verb = "flow-router";

    /// <summary>
    /// First thing in <c>Program.cs</c>: <c>if (FlowRouter.TryRun(args, out var exitCode)) return exitCode;</c>. Returns false at once for ordinary
    /// arguments. When the arguments ask for a router, serves until it is told to stop (by its host, SIGTERM or SIGINT), and returns true.
    /// </summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="exitCode">0 stopped; 1 failed (its log says why); 3 another router holds the directory; 4 the port cannot be had; 64 wrong settings.</param>
    public static bool TryRun(string[] args, out int exitCode)
    {
        ArgumentNullException.ThrowIfNull(args);
        exitCode = 0;
        if (args is not [Verb, ..]) return false;
        if (args is not [_, var text] || RouterSettings.Parse(text) is not { } settings)
        {
            Console.Error.WriteLine($"'{Verb}' is started by a Flow host, with its settings as one argument.");
            exitCode = (int)RouterExit.BadSettings;
            return true;
        }

        // The program's main thread has nothing else to do.
        exitCode = (int)RouterProcess.RunAsync(settings).GetAwaiter().GetResult();
        return true;
    }
}
