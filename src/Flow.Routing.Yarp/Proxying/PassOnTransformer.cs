using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Flow.Routing.Yarp.Proxying;

/// <summary>
/// Passes a request on as it came: its own Host, its target byte for byte (an app must see <c>%2F</c> and <c>..</c> as the client wrote them),
/// and the truth about the client in <c>X-Forwarded-*</c>.
/// </summary>
internal sealed class PassOnTransformer(bool trustsForwardedHeaders) : HttpTransformer
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken).ConfigureAwait(false);
        var request = httpContext.Request;
        foreach (var header in request.Headers)
            if (IsRemoved(header.Key)) proxyRequest.Headers.Remove(header.Key);

        var client = httpContext.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : "unknown";
        var before = trustsForwardedHeaders ? request.Headers["X-Forwarded-For"].ToString() : "";
        proxyRequest.Headers.Remove("X-Forwarded-For");
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-For", before.Length == 0 ? client : $"{before}, {client}");
        Add("X-Forwarded-Proto", request.Scheme);
        var host = AppHosts.HostOf(request);
        Add("X-Forwarded-Host", host);
        Add("X-Forwarded-Port", host.LastIndexOf(':') is >= 0 and var colon ? host[(colon + 1)..] : "80");

        if (httpContext.Features.Get<IHttpRequestFeature>()?.RawTarget is { } target && IsPlain(target)
            && Uri.TryCreate(destinationPrefix + target, AsWritten, out var uri)) proxyRequest.RequestUri = uri;

        void Add(string name, string value)
        {
            if (!proxyRequest.Headers.Contains(name)) proxyRequest.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private bool IsRemoved(string name)
    {
        // An app behind CGI or WSGI cannot tell X_Forwarded_For from X-Forwarded-For.
        if (name.Contains('_', StringComparison.Ordinal)) name = name.Replace('_', '-');
        // httpoxy: HTTP_PROXY of a CGI program.
        if (name.Equals("Proxy", StringComparison.OrdinalIgnoreCase)) return true;
        return !trustsForwardedHeaders && (name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase)
            || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
            || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase));
    }

    // Origin form in visible ASCII; anything else (absolute form, asterisk) goes the way of the parsed path.
    private static bool IsPlain(string target) => target is ['/', ..] && !target.AsSpan().ContainsAnyExceptInRange('!', '~') && !target.Contains('#', StringComparison.Ordinal);
}
