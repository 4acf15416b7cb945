using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Flow.Routing.Yarp.Proxying;

/// <summary>Leads one request to a target of its app.</summary>
internal sealed partial class RequestForwarder(
    TrafficTable traffic, AppHosts hosts, IHttpForwarder forwarder, HttpMessageInvoker client, YarpRouterOptions options, TimeProvider time, ILogger<RequestForwarder> logger)
{
    private readonly PassOnTransformer transformer = new(options.TrustForwardedHeaders);
    private readonly ForwarderRequestConfig config = new()
    {
        ActivityTimeout = options.ActivityTimeout,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    public async Task HandleAsync(HttpContext context)
    {
        // A tunnel to anywhere is not what this proxy is for.
        if (HttpMethods.IsConnect(context.Request.Method))
        {
            await Answers.ConnectRefusedAsync(context).ConfigureAwait(false);
            return;
        }
        if (hosts.AppOf(context.Request) is not { } app)
        {
            await Answers.UnknownHostAsync(context).ConfigureAwait(false);
            return;
        }

        List<RoutedTarget>? refused = null;
        while (true)
        {
            var found = traffic.Enter(app, refused ?? (IReadOnlyCollection<RoutedTarget>)[], out var target, out var cut);
            if (target is null)
            {
                await (found switch
                {
                    Lookup.UnknownApp => Answers.UnknownHostAsync(context),
                    Lookup.NoTableYet => Answers.StartingAsync(context),
                    _ => Answers.NoTargetAsync(context, app),
                }).ConfigureAwait(false);
                return;
            }

            ForwarderError error;
            try
            {
                error = await forwarder.SendAsync(context, target.Prefix, client, config, transformer, cut).ConfigureAwait(false);
            }
            finally
            {
                target.Leave();
            }

            if (error is ForwarderError.None)
            {
                target.RefusedAt = 0;
                return;
            }
            if (!WasRefused(context, error))
            {
                await EndAsync(context, app, target, error, cut.IsCancellationRequested).ConfigureAwait(false);
                return;
            }

            // No connection came about, so nothing of the request was sent or read: whatever its method, another target may have it.
            target.RefusedAt = time.GetTimestamp();
            LogRefused(app, target.Address);
            (refused ??= []).Add(target);
            context.Response.Clear();
        }
    }

    private static bool WasRefused(HttpContext context, ForwarderError error) =>
        error is ForwarderError.Request && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested
        && context.Features.Get<IForwarderErrorFeature>()?.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };

    private async Task EndAsync(HttpContext context, string app, RoutedTarget target, ForwarderError error, bool cut)
    {
        if (context.RequestAborted.IsCancellationRequested) return;
        if (cut) LogCut(app, target.Address);
        else LogFailed(app, target.Address, error, context.Features.Get<IForwarderErrorFeature>()?.Exception);
        if (!context.Response.HasStarted) await Answers.FailedAsync(context, app, cut).ConfigureAwait(false);
    }

    [LoggerMessage(6001, LogLevel.Warning, "{App}: {Target} refused the connection; another target is tried.")]
    private partial void LogRefused(string app, Uri target);

    [LoggerMessage(6002, LogLevel.Information, "{App}: a request to the replaced target {Target} was ended at the deadline of its drain.")]
    private partial void LogCut(string app, Uri target);

    [LoggerMessage(6003, LogLevel.Warning, "{App}: a request to {Target} failed: {Error}.")]
    private partial void LogFailed(string app, Uri target, ForwarderError error, Exception? exception);
}
