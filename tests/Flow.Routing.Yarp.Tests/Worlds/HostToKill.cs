using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Flow.Routing.Yarp.Tests.Worlds;

/// <summary>A host in a process of its own, so that a test can kill it: sets one route, says so, and waits for its end.</summary>
internal sealed class HostToKill : IDisposable
{
    public const string Verb = "host-to-kill";
    private readonly Process process;

    private HostToKill(Process process) => this.process = process;

    public static async Task<HostToKill> StartAsync(string directory, int port, string deployment, Uri target)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(HostToKill).Assembly.Location);
        foreach (var argument in (string[])[Verb, directory, port.ToString(System.Globalization.CultureInfo.InvariantCulture), deployment, target.AbsoluteUri]) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        (await process.StandardOutput.ReadLineAsync()).Should().Be("ready");
        return new(process);
    }

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public static async Task<int> RunAsync(string[] args)
    {
        using var host = OwnProcessWorld.CreateHost(args[1], int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture));
        await host.StartAsync();
        await host.Services.GetRequiredService<IRouter>().SetAsync(Routes.Of(args[3], new Uri(args[4])), CancellationToken.None);
        Console.WriteLine("ready");
        await host.WaitForShutdownAsync();
        return 0;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }
}
