using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Flow.Samples.Demo;

internal sealed record PaasEvent(long Position, string Stream, string Type, string Data);

/// <summary>The host as a program of its own, and the questions that the story asks it.</summary>
internal sealed class PaasProcess(string data, string seeds, string repository, int routerPort, int port) : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private readonly HttpClient http = new() { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
    private Process? process;

    public string DataDirectory => data;
    public string LogFile => Path.Combine(Path.GetDirectoryName(data)!, "paas.log");
    public Uri BoardUrl => new(http.BaseAddress!, "/flow/");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var binary = Path.Combine(AppContext.BaseDirectory.Replace("Flow.Samples.Demo", "Flow.Samples.Paas", StringComparison.Ordinal), "Flow.Samples.Paas.dll");
        // Into a file, not into a pipe of ours: the host outlives this program when this one is killed.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = Path.GetDirectoryName(binary)! };
        foreach (var argument in new[]
        {
            "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", LogFile, "dotnet", binary, "--urls", http.BaseAddress!.ToString(), "--environment", "Development",
            "--Flow:Local:DataDirectory", data, "--Flow:Pipelines:hello:Repository:Url", repository,
            // Databases of review apps begin with a seed, and two are ready before anybody proposes anything.
            "--Flow:Local:SeedDirectory", seeds, "--Flow:Pipelines:hello:AddOnSeeds:sqlite", Seed.Name,
            "--Flow:Pools:review-data:Provider", "sqlite", "--Flow:Pools:review-data:Purpose", "Review", "--Flow:Pools:review-data:Seed", Seed.Name,
            "--Flow:Router:Port", routerPort.ToString(CultureInfo.InvariantCulture), "--Flow:StopAppsOnShutdown", "true", "--Flow:Router:Process:StopRouterOnShutdown", "true",
        }) start.ArgumentList.Add(argument);
        process = Process.Start(start)!;

        var patience = Stopwatch.StartNew();
        while (true)
        {
            if (process.HasExited) throw new StoryException($"The host ended with code {process.ExitCode}; see {LogFile}.");
            try
            {
                if ((await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken)).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException) when (patience.Elapsed < StartPatience) { }
            if (patience.Elapsed > StartPatience) throw new StoryException($"The host is not ready after {StartPatience.TotalSeconds} s; see {LogFile}.");
            await Task.Delay(50, cancellationToken);
        }
    }

    /// <summary>As a power cut would: nobody is asked.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public async Task<JsonElement> PoolAsync(string pool, CancellationToken cancellationToken) => await ReadAsync($"/ops/pools/{pool}", cancellationToken) ?? default;

    public async Task<JsonElement?> RunAsync(string run, CancellationToken cancellationToken) => await ReadAsync($"/ops/runs/{run}", cancellationToken);

    public async Task<JsonElement?> ExplainAsync(string run, CancellationToken cancellationToken) => await ReadAsync($"/ops/runs/{run}/explain", cancellationToken);

    public async Task<JsonElement?> AppAsync(string app, CancellationToken cancellationToken) => await ReadAsync($"/ops/apps/{app}", cancellationToken);

    private async Task<JsonElement?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken) : null;
    }

    public async Task<IReadOnlyList<PaasEvent>> EventsAsync(long after, CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<List<PaasEvent>>(new Uri(string.Create(CultureInfo.InvariantCulture, $"/ops/events?after={after}"), UriKind.Relative), cancellationToken) ?? [];

    public Task<long> CountEventsAsync(CancellationToken cancellationToken) => http.GetFromJsonAsync<long>(new Uri("/ops/events/count", UriKind.Relative), cancellationToken);

    public async Task<JsonElement> ReviewAppAsync(string key, CancellationToken cancellationToken) =>
        (await ReadAsync("/ops/pipelines/hello/review-apps", cancellationToken))?.EnumerateArray().FirstOrDefault(r => r.GetProperty("key").GetString() == key) ?? default;

    /// <summary>A log, as the board shows it; empty: there is none.</summary>
    public async Task<string> LogAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync(new Uri($"/flow/logs/{id}", UriKind.Relative), cancellationToken);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(cancellationToken) : "";
    }

    public Task<JsonElement> PostAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, null, cancellationToken);

    /// <summary>Config vars of all review apps.</summary>
    public Task<JsonElement> SetReviewConfigAsync(object changes, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Patch, "/ops/pipelines/hello/config/Review", JsonContent.Create(changes, changes.GetType(), null, new JsonSerializerOptions()), cancellationToken);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Headers = { { "X-Operator", "demo" } }, Content = content };
        using var answer = await http.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode) throw new StoryException($"{method} {path} answered {(int)answer.StatusCode}.");
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    /// <summary>A client for one app's stable URL. Its name does not resolve everywhere, so it connects to this machine and names the app as host.</summary>
    public HttpClient ClientOf(string app)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new(handler) { BaseAddress = new($"http://{app}.localhost:{routerPort}"), Timeout = TimeSpan.FromSeconds(20) };
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            // Asked politely, the host stops its apps (StopAppsOnShutdown).
            using var kill = Process.Start(new ProcessStartInfo("kill") { ArgumentList = { "-TERM", process.Id.ToString(CultureInfo.InvariantCulture) } });
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        process?.Dispose();
        http.Dispose();
    }
}
