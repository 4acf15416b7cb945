using Flow.Routing.Yarp.Tests.Worlds;
using Microsoft.Testing.Platform.Builder;

namespace Flow.Routing.Yarp.Tests;

/// <summary>One binary, three roles: the router process that tests start, a host that tests kill, and the tests themselves.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (FlowRouter.TryRun(args, out var exitCode)) return exitCode;
        if (args is [HostToKill.Verb, ..]) return await HostToKill.RunAsync(args);
        return args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, (builder, arguments) => builder.AddSelfRegisteredExtensions(arguments))
            : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }
}
