namespace Flow.Samples.Demo;

/// <summary>Eight clients that ask one URL again and again and count what is not 200.</summary>
internal sealed class Hammer : IAsyncDisposable
{
    private const int Clients = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(15);
    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> clients;
    private long requests, failed;

    public Hammer(PaasProcess paas, string app) => clients = [.. Enumerable.Range(0, Clients).Select(_ => Task.Run(() => AskAsync(paas, app)))];

    public long Requests => Interlocked.Read(ref requests);
    public long Failed => Interlocked.Read(ref failed);
    public string? FirstFailure { get; private set; }

    private async Task AskAsync(PaasProcess paas, string app)
    {
        using var http = paas.ClientOf(app);
        while (!stop.IsCancellationRequested)
        {
            string? problem = null;
            try
            {
                using var answer = await http.GetAsync(new Uri("/", UriKind.Relative));
                await answer.Content.ReadAsByteArrayAsync();
                if (!answer.IsSuccessStatusCode) problem = $"answered {(int)answer.StatusCode}";
            }
            catch (Exception trouble) when (trouble is HttpRequestException or TaskCanceledException)
            {
                problem = trouble.Message;
            }
            Interlocked.Increment(ref requests);
            if (problem is not null)
            {
                Interlocked.Increment(ref failed);
                FirstFailure ??= problem;
            }
            await Task.Delay(Pause, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        stop.Dispose();
    }
}
