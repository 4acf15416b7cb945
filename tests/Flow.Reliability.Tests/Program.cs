using Flow.Providers.Local.Supervision;
using Flow.Reliability.Tests;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// Some tests need a process of their own, to kill it or to compare with it: this one, started again.
if (FlowSupervisor.TryRun(args, out var exitCode)) return exitCode;
return args switch
{
    [Child.Verb, var name, .. var arguments] => await Child.RunAsync(name, arguments),
    _ when args.Any(a => a is "--server" or "--internal-msbuild-node") => await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await ConsoleRunner.Run(args),
};
