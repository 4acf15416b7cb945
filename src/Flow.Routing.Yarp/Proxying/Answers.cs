using Microsoft.AspNetCore.Http;

namespace Flow.Routing.Yarp.Proxying;

/// <summary>What the router itself says: short plain text, in which a client's own words appear only encoded.</summary>
internal static class Answers
{
    public static Task UnknownHostAsync(HttpContext context) =>
        SayAsync(context, StatusCodes.Status404NotFound, $"No app answers to '{Shown(AppHosts.HostOf(context.Request))}'.");

    public static Task StartingAsync(HttpContext context) =>
        SayLaterAsync(context, "The router has just started and does not know its routes yet.");

    public static Task NoTargetAsync(HttpContext context, string app) =>
        SayLaterAsync(context, $"No process of '{Shown(app)}' takes requests at present.");

    public static Task ConnectRefusedAsync(HttpContext context) =>
        SayAsync(context, StatusCodes.Status405MethodNotAllowed, "CONNECT is not supported.");

    /// <summary>Keeps the status that the forwarder chose: 502, or 504 when time was up.</summary>
    public static Task FailedAsync(HttpContext context, string app, bool cut)
    {
        var status = context.Response.StatusCode is >= 400 and < 600 and var chosen ? chosen : StatusCodes.Status502BadGateway;
        return SayAsync(context, status, (cut, status) switch
        {
            (true, _) => $"The release of '{Shown(app)}' that served this request was replaced, and its time to finish is over.",
            (_, StatusCodes.Status504GatewayTimeout) => $"'{Shown(app)}' did not answer in time.",
            (_, >= 500) => $"'{Shown(app)}' broke off before it had answered.",
            _ => "The request could not be read to its end.",
        });
    }

    private static Task SayLaterAsync(HttpContext context, string text)
    {
        context.Response.Headers.RetryAfter = "1";
        return SayAsync(context, StatusCodes.Status503ServiceUnavailable, text);
    }

    private static Task SayAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    private static string Shown(string text) =>
        Uri.EscapeDataString(text.Length > 100 ? text[..100] : text).Replace("%3A", ":", StringComparison.Ordinal);
}
