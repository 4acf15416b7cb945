using Flow.AspNetCore.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Flow.AspNetCore;

/// <summary>What a <see cref="FlowException"/> means over HTTP.</summary>
public static class FlowProblemExtensions
{
    /// <summary>
    /// Answers a <see cref="FlowException"/> of these endpoints as problem details (RFC 9457) with its <c>code</c>: 503 with <c>Retry-After</c> when it is
    /// transient (<c>store-full</c>, <c>store-standby</c>, <c>store-unavailable</c>: nothing was accepted, the same request may succeed later), otherwise 500.
    /// </summary>
    /// <remarks>For route handlers and groups of them. An answer that has begun is broken off instead.</remarks>
    /// <param name="endpoints">Such as what <c>MapGroup</c> or <c>MapPost</c> returned.</param>
    /// <param name="showDetail">Shows the exception's message. It is for people who operate the host, and names files and machines: false where anybody may ask.</param>
    public static TBuilder WithFlowProblems<TBuilder>(this TBuilder endpoints, bool showDetail = true) where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context).ConfigureAwait(false);
            }
            catch (FlowException trouble) when (!context.HttpContext.Response.HasStarted)
            {
                return FlowProblem.Of(context.HttpContext, trouble, showDetail);
            }
        });
    }

    /// <summary>The same for everything that the host serves, controllers and middleware too: with <c>app.UseExceptionHandler()</c>.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="showDetail">Shows the exception's message: see <see cref="WithFlowProblems"/>. False unless everything the host serves needs a login.</param>
    public static IServiceCollection AddFlowProblems(this IServiceCollection services, bool showDetail = false)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddProblemDetails();
        return services.AddSingleton<IExceptionHandler>(new FlowExceptionHandler(showDetail));
    }
}
