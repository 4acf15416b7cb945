using Flow.Storage.Sqlite.Tests;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// The tests of a kill need a process to kill: this one, started again.
return args switch
{
    [CommittingProcess.Argument, var database, var answered] => await CommittingProcess.RunAsync(database, answered),
    [BuildingProcess.Argument, var database] => await BuildingProcess.RunAsync(database),
    _ when args.Any(a => a is "--server" or "--internal-msbuild-node") => await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await ConsoleRunner.Run(args),
};
