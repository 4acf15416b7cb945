using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Flow.Packages.Tests.Worlds;

/// <summary>The built project at work, as <c>dotnet run</c> starts it, with its urls, its repository and its patience chosen by the test.</summary>
internal sealed class StrangersHost : IAsyncDisposable
{
    private readonly StringBuilder output = new();
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };
    private readonly int port = FreePort(), routerPort = FreePort();
    private readonly string mark;
    private readonly Process process;

    public StrangersHost(StrangersProject project, string repository)
    {
        mark = project.Folder;
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = project.Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])
        [
            project.Assembly, "--environment", "Development", "--urls", $"http://127.0.0.1:{port}", "--Flow:StopAppsOnShutdown", "true", "--Flow:Router:Port", routerPort.ToString(CultureInfo.InvariantCulture),
            "--Flow:Pipelines:shop:Repository:Url", repository, "--Flow:Pipelines:shop:LookInterval", "00:00:00.5",
        ]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in Tool.Environment) start.Environment[name] = value;
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output
    {
        get { lock (output) return output.ToString(); }
    }

    public Task<(HttpStatusCode Status, string Text)> GetAsync(string path) => SendAsync(port, "127.0.0.1", path);

    /// <summary>Asks the router; an app's name need not resolve on this machine.</summary>
    public Task<(HttpStatusCode Status, string Text)> GetAppAsync(string app, string path) => SendAsync(routerPort, $"{app}.localhost", path);

    /// <summary>Asks again until the condition holds; what the host has printed is part of the failure.</summary>
    public async Task UntilAsync(string what, TimeSpan patience, Func<Task<bool>> condition)
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                if (await condition()) return;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException && !TestContext.Current.CancellationToken.IsCancellationRequested) { }
            if (process.HasExited || Stopwatch.GetElapsedTime(began) > patience)
                Assert.Fail($"{what}: not within {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s{(process.HasExited ? $"; the host ended with code {process.ExitCode}" : "")}. It said:\n{Output}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks it to stop. Returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        await Tool.RunAsync("kill", "/", null, "-TERM", process.Id.ToString(CultureInfo.InvariantCulture));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(40));
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Leftovers.Kill(mark);
        await process.WaitForExitAsync();
        process.Dispose();
        http.Dispose();
    }

    private async Task<(HttpStatusCode, string)> SendAsync(int to, string host, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{to}{path}");
        request.Headers.Host = host;
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private void Keep(string? line)
    {
        lock (output) output.AppendLine(line);
    }

    /// <summary>Below the range that systems hand out themselves: nobody else gets it by chance before the host listens.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var candidate = Random.Shared.Next(15_000, 30_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, candidate);
                listener.Start();
                return candidate;
            }
            catch (SocketException) { }
        }
    }
}
