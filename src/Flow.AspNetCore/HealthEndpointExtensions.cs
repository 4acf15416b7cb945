using Flow.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Flow.AspNetCore;

/// <summary>Health for orchestrators and load balancers.</summary>
public static class HealthEndpointExtensions
{
    private const string Ready = "ready";

    /// <summary>
    /// <c>/health/live</c>: the process answers. <c>/health/ready</c>: every check tagged <c>ready</c> is good, the engine's among them; 503 and <c>StandingBy</c>
    /// while another host owns the store. Both say one word and nothing of the host. Needs <c>builder.Services.AddHealthChecks().AddFlow()</c>.
    /// </summary>
    /// <returns>The group: <c>.AllowAnonymous()</c> when the host has a fallback policy, since an orchestrator does not log in.</returns>
    public static RouteGroupBuilder MapFlowHealth(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        // Without a check, "ready" would be good whatever happens.
        if (endpoints.ServiceProvider.GetService<IOptions<HealthCheckServiceOptions>>() is not { } options || !options.Value.Registrations.Any(r => r.Tags.Contains(Ready)))
            throw new InvalidOperationException("MapFlowHealth has no check to tell of: add builder.Services.AddHealthChecks().AddFlow().");
        var ownership = endpoints.ServiceProvider.GetService<IStoreOwnership>();
        var group = endpoints.MapGroup("/health");
        group.MapHealthChecks("/live", new() { Predicate = _ => false });
        group.MapHealthChecks("/ready", new()
        {
            Predicate = c => c.Tags.Contains(Ready),
            ResponseWriter = (context, report) => AnswerAsync(context, report, ownership is { IsOwner: false }),
        });
        return group;
    }

    /// <summary>A host that stands by is well (degraded is 200 elsewhere), but it is the other one that takes requests.</summary>
    private static Task AnswerAsync(HttpContext context, HealthReport report, bool standsBy)
    {
        context.Response.ContentType = "text/plain";
        if (!standsBy) return context.Response.WriteAsync(report.Status.ToString(), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync("StandingBy", context.RequestAborted);
    }
}
