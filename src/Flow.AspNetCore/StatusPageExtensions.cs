using Flow.AspNetCore.Status;
using Flow.DependencyInjection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Flow.AspNetCore;

/// <summary>A page that shows pipelines, apps, runs and logs. It reads only.</summary>
public static class StatusPageExtensions
{
    // No inline script or style, nothing from elsewhere, in nobody's frame.
    private const string Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>Adds what <see cref="MapFlowStatus"/> needs.</summary>
    public static IFlowBuilder AddStatusPage(this IFlowBuilder builder, Action<StatusPageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.Services.AddOptions<StatusPageOptions>().ValidateOnStart()
            .Validate(o => o.RefreshInterval == TimeSpan.Zero || (o.RefreshInterval >= TimeSpan.FromSeconds(1) && o.RefreshInterval <= TimeSpan.FromHours(1)),
                "AddStatusPage(...): RefreshInterval must be zero, or between a second and an hour.");
        if (configure is not null) options.Configure(configure);
        builder.Services.TryAddSingleton<StatusReader>();
        builder.Services.TryAddSingleton<StatusEndpoints>();
        builder.Services.TryAddSingleton<LogEndpoints>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, ClosedByDefault.StartupFilter>());
        return builder;
    }

    /// <summary>
    /// Maps the page and the logs below a prefix. Whoever may see it sees every pipeline, app, run and log: outside Development the host does not start
    /// unless the group is protected (<c>.RequireAuthorization()</c>, a fallback policy) or open on purpose (<c>.AllowAnonymous()</c>).
    /// </summary>
    /// <remarks>
    /// <c>GET {prefix}/logs/{id}?offset=</c> answers <c>text/plain</c>, at most 256 KiB, with <c>Flow-Log-Offset</c>, <c>Flow-Log-Next</c> and <c>Flow-Log-Complete</c>.
    /// <c>GET {prefix}/tail/{id}?offset=</c> follows as server-sent events whose ids are offsets, resumed by <c>Last-Event-ID</c>; <c>end</c> is the last.
    /// Works under a path base and behind proxies that strip a prefix.
    /// </remarks>
    /// <param name="endpoints">The host's routes, or a group of them.</param>
    /// <param name="prefix">Such as <c>/flow</c>.</param>
    /// <returns>The group, for authorization, rate limits and the like.</returns>
    public static RouteGroupBuilder MapFlowStatus(this IEndpointRouteBuilder endpoints, string prefix)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        // Asked for, not made: what it needs (the store) is made after start-up has been validated, and not at all by a host that stands by.
        if (!endpoints.ServiceProvider.GetRequiredService<IServiceProviderIsService>().IsService(typeof(StatusEndpoints)))
            throw new InvalidOperationException("MapFlowStatus needs services of its own: add .AddStatusPage() to AddFlow(...).");

        var group = endpoints.MapGroup(prefix);
        ((IEndpointConventionBuilder)group).Finally(e =>
        {
            ClosedByDefault.Judge(e);
            WithHeaders(e);
        });
        group.MapGet("/", (HttpContext context, string? after = null) => Of<StatusEndpoints>(context).BoardAsync(context, after));
        group.MapGet("pipelines/{name}", (HttpContext context, string name) => Of<StatusEndpoints>(context).PipelineAsync(context, name));
        group.MapGet("apps/{name}", (HttpContext context, string name) => Of<StatusEndpoints>(context).AppAsync(context, name));
        group.MapGet("runs/{id}", (HttpContext context, string id) => Of<StatusEndpoints>(context).RunAsync(context, id));
        group.MapGet("logs/{**id}", (HttpContext context, string id, string? offset = null) => Of<LogEndpoints>(context).ReadAsync(context, id, offset));
        group.MapGet("tail/{**id}", (HttpContext context, string id, string? offset = null) => Of<LogEndpoints>(context).Tail(context, id, offset));
        group.MapGet(StatusAssets.Style.Route, StatusAssets.Style.Serve);
        group.MapGet(StatusAssets.Script.Route, StatusAssets.Script.Serve);
        return group.ExcludeFromDescription();
    }

    private static T Of<T>(HttpContext context) where T : class => context.RequestServices.GetRequiredService<T>();

    /// <summary>Around everything, refusals included.</summary>
    private static void WithHeaders(EndpointBuilder endpoint)
    {
        if (endpoint.RequestDelegate is not { } answer) return;
        endpoint.RequestDelegate = context =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            return answer(context);
        };
    }
}
