using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>A host's side of the socket. Everything it throws when no router answers passes <see cref="IsAway"/>.</summary>
internal sealed class RouterConnection : IDisposable
{
    // A router answers in milliseconds: one that does not is as good as gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time;
    private readonly HttpClient http;

    public RouterConnection(RouterFiles files, TimeProvider time)
    {
        this.time = time;
        http = new(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(files.Socket), cancellationToken).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        { BaseAddress = new("http://router/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    public static bool IsAway(Exception exception) => exception is HttpRequestException or IOException or SocketException or TimeoutException or JsonException;

    public Task<RouterStatus> StatusAsync(CancellationToken cancellationToken) => PatientlyAsync(Patience, async token =>
        await http.GetFromJsonAsync("status", RouterJson.Default.RouterStatus, token).ConfigureAwait(false) ?? throw new IOException("An empty answer."), cancellationToken);

    public Task<RouteTable> TableAsync(CancellationToken cancellationToken) => PatientlyAsync(Patience, async token =>
    {
        var document = await http.GetFromJsonAsync("table", RouterJson.Default.TableDocument, token).ConfigureAwait(false);
        try
        {
            return document?.ToTable() ?? throw new IOException("An empty answer.");
        }
        catch (FormatException trouble)
        {
            throw new IOException("An answer that is no table.", trouble);
        }
    }, cancellationToken);

    public Task<IReadOnlyDictionary<AppName, DateTimeOffset>> VisitsAsync(CancellationToken cancellationToken) => PatientlyAsync(Patience, async token =>
    {
        var document = await http.GetFromJsonAsync("visits", RouterJson.Default.VisitsDocument, token).ConfigureAwait(false);
        try
        {
            return document?.ToVisits() ?? throw new IOException("An empty answer.");
        }
        catch (FormatException trouble)
        {
            throw new IOException("An answer that is no list of visits.", trouble);
        }
    }, cancellationToken);

    /// <summary>False: refused, because the router has a table with this or a greater number.</summary>
    public Task<bool> PutAsync(RouteTable table, CancellationToken cancellationToken) => PatientlyAsync(Patience, async token =>
    {
        using var answer = await http.PutAsJsonAsync("table", TableDocument.From(table), RouterJson.Default.TableDocument, token).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.Conflict) return false;
        answer.EnsureSuccessStatusCode();
        return true;
    }, cancellationToken);

    public Task<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken) => PatientlyAsync(deadline + Patience, async token =>
    {
        var request = new DrainRequest([.. targets.Select(target => target.AbsoluteUri)], deadline.TotalSeconds);
        using var answer = await http.PostAsJsonAsync("drain", request, RouterJson.Default.DrainRequest, token).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        var drained = await answer.Content.ReadFromJsonAsync(RouterJson.Default.DrainAnswer, token).ConfigureAwait(false);
        return drained?.InFlight ?? throw new IOException("An empty answer.");
    }, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => PatientlyAsync(Patience, async token =>
    {
        using var answer = await http.PostAsync(new Uri("stop", UriKind.Relative), null, token).ConfigureAwait(false);
        return answer.StatusCode;
    }, cancellationToken);

    /// <summary>Returns when the router has gone.</summary>
    public async Task UntilGoneAsync(CancellationToken cancellationToken)
    {
        try
        {
            var stream = await http.GetStreamAsync(new Uri("alive", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            await using var closing = stream.ConfigureAwait(false);
            _ = await stream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsAway(e))
        {
            // That is what was waited for.
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<T> PatientlyAsync<T>(TimeSpan patience, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        try
        {
            return await ask(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The router did not answer in time.");
        }
    }
}
