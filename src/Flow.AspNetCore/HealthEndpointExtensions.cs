using Microsoft.AspNetCore.Builder;
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
    /// <c>/health/live</c>: the process answers. <c>/health/ready</c>: every check tagged <c>ready</c> is good, the engine's among them. Both say one word
    /// and nothing of the host. Needs <c>builder.Services.AddHealthChecks().AddFlow()</c>.
    /// </summary>
    /// <returns>The group: <c>.AllowAnonymous()</c> when the host has a fallback policy, since an orchestrator does not log in.</returns>
    public static RouteGroupBuilder MapFlowHealth(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        // Without a check, "ready" would be good whatever happens.
        if (endpoints.ServiceProvider.GetService<IOptions<HealthCheckServiceOptions>>() is not { } options || !options.Value.Registrations.Any(r => r.Tags.Contains(Ready)))
            throw new InvalidOperationException("MapFlowHealth has no check to tell of: add builder.Services.AddHealthChecks().AddFlow().");
        var group = endpoints.MapGroup("/health");
        group.MapHealthChecks("/live", new() { Predicate = _ => false });
        group.MapHealthChecks("/ready", new() { Predicate = c => c.Tags.Contains(Ready) });
        return group;
    }
}
