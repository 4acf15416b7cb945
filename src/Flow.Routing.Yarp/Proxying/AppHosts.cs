using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Flow.Routing.Yarp.Proxying;

/// <summary>The stable URLs, in both directions.</summary>
internal sealed class AppHosts(string domain)
{
    private readonly string suffix = "." + domain;

    /// <summary>The app that a Host header names; null when it names none. The header is whatever a client wrote.</summary>
    public string? AppOf(HttpRequest request)
    {
        var name = HostOf(request).AsSpan();
        if (name.LastIndexOf(':') is >= 0 and var colon) name = name[..colon];
        if (name is [.., '.']) name = name[..^1];
        if (!name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) return null;
        name = name[..^suffix.Length];
        return name.Length is > 0 and <= 63 ? name.ToString() : null;
    }

    /// <summary>The header itself: <see cref="HttpRequest.Host"/> throws on what is no international domain name.</summary>
    public static string HostOf(HttpRequest request) => request.Headers.Host.ToString();

    public static Uri UrlOf(AppName app, YarpRouterOptions options, int port) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{options.Scheme}://{app}.{options.Domain}:{options.PublicPort ?? port}/"));
}
