using System.Diagnostics;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>A host in a process of its own, so that a test can kill it: its engine is in the middle of a build that never ends, and says so.</summary>
internal static class BuildingProcess
{
    public const string Argument = "build-until-killed";

    /// <summary>Returns when it builds.</summary>
    public static async Task<Process> StartAsync(string database)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(BuildingProcess).Assembly.Location);
        foreach (var argument in (string[])[Argument, database]) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        (await process.StandardOutput.ReadLineAsync()).Should().Be("building");
        return process;
    }

    public static async Task<int> RunAsync(string database)
    {
        var building = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = new FakeHost(database);
        host.Source.Push("main", FakeHost.Commit(1));
        host.Builder.Answer = _ =>
        {
            building.TrySetResult();
            return WorkStatus<Flow.Builds.Artifact>.Running(TimeSpan.FromSeconds(1));
        };
        await host.StartAsync();
        (await host.Pipelines.DeclareAsync(FakeHost.Definition)).OrThrow();
        await building.Task;
        Console.WriteLine("building");
        // Nobody waits for ever for a parent that has died.
        await Task.Delay(TimeSpan.FromMinutes(1));
        return 1;
    }
}
