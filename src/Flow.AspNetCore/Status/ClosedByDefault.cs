using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Flow.AspNetCore.Status;

/// <summary>
/// Outside Development, Flow's endpoints are either protected or open because the host says so. Judged when an endpoint is built, after every convention
/// of every group around it; an unprotected one answers 500, and keeps the host from starting.
/// </summary>
internal static class ClosedByDefault
{
    private const string Fix = "add .RequireAuthorization() to what MapFlowStatus(...) returns, set a fallback policy, or say with .AllowAnonymous() that everybody may see every app, run and log";

    /// <summary>To be added with <c>Finally</c>.</summary>
    public static void Judge(EndpointBuilder endpoint)
    {
        if (IsProtected(endpoint)) return;
        endpoint.Metadata.Add(new Unprotected(endpoint.DisplayName ?? "an endpoint"));
        endpoint.RequestDelegate = context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return context.Response.WriteAsync($"This page has no authorization: {Fix}.", context.RequestAborted);
        };
    }

    private static bool IsProtected(EndpointBuilder endpoint) =>
        endpoint.Metadata.Any(m => m is IAuthorizeData or AuthorizationPolicy or IAllowAnonymous)
        || endpoint.ApplicationServices.GetRequiredService<IHostEnvironment>().IsDevelopment()
        || endpoint.ApplicationServices.GetService<IOptions<AuthorizationOptions>>()?.Value.FallbackPolicy is not null;

    private sealed record Unprotected(string Endpoint);

    /// <summary>Looks once the pipeline is complete and before the server listens.</summary>
    internal sealed class StartupFilter : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            next(app);
            var open = app.ApplicationServices.GetService<EndpointDataSource>()?.Endpoints.Select(e => e.Metadata.GetMetadata<Unprotected>()).OfType<Unprotected>().ToList();
            if (open is { Count: > 0 }) throw new InvalidOperationException($"Outside Development, {open[0].Endpoint} and {open.Count - 1} more endpoints of Flow have no authorization: {Fix}.");
        };
    }
}
