using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Flow.Runtimes;

namespace Flow.Providers.Local.Runtime;

/// <summary>What a process said about its health.</summary>
/// <param name="Healthy">Good enough for traffic.</param>
/// <param name="Said">For a person, when it is not. From outside: not masked yet.</param>
internal sealed record HealthAnswer(bool Healthy, string Said);

/// <summary>Asks processes on 127.0.0.1 for their health.</summary>
internal sealed class HealthProbe : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const int MostSaid = 200;

    // Straight to the process: no proxy, no redirect, no cookie, and no connection kept that a restart would break.
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.Zero,
        MaxResponseHeadersLength = 16,
        ConnectTimeout = Patience,
    });

    public async Task<HealthAnswer> AskAsync(int port, HealthCheck check, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}{check.Path}")));
            request.Headers.UserAgent.ParseAdd("Flow-HealthCheck");
            using var response = await http.SendAsync(request, patience.Token).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            var healthy = check.Path == "/" ? status < 500 && status != 404 : status is >= 200 and < 300;
            return healthy ? new(true, "") : new(false, $"GET {check.Path} answered {status}{await BodyAsync(response, patience.Token).ConfigureAwait(false)}");
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return new(false, $"nothing listened on PORT {port} of 127.0.0.1");
        }
        catch (HttpRequestException e)
        {
            return new(false, $"GET {check.Path} on PORT {port} got no answer: {e.HttpRequestError}");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && !cancellationToken.IsCancellationRequested)
        {
            return new(false, $"GET {check.Path} on PORT {port} got no answer within {Patience.TotalSeconds} s");
        }
    }

    public void Dispose() => http.Dispose();

    private static async Task<string> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MostSaid * 4];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var text = new string([.. Encoding.UTF8.GetString(buffer, 0, length).Select(c => char.IsControl(c) ? ' ' : c)]).Trim();
        return text.Length == 0 ? "" : $": {(text.Length > MostSaid ? text[..MostSaid] : text)}";
    }
}
