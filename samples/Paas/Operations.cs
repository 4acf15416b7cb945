using System.Text;
using Flow.AddOns.Pools;
using Flow.Apps;
using Flow.AspNetCore;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;
using Flow.Secrets;
using Flow.Storage;

namespace Flow.Samples.Paas;

/// <summary>The few operations that this host offers its people: Flow's services behind its own URLs.</summary>
internal static class Operations
{
    private const string Operator = "operator";

    public static RouteGroupBuilder MapOperations(this IEndpointRouteBuilder endpoints, string prefix)
    {
        var group = endpoints.MapGroup(prefix).WithFlowProblems();
        // A page of another site can make a browser send a bare POST; it cannot make it send this header.
        group.AddEndpointFilter((context, next) => HttpMethods.IsGet(context.HttpContext.Request.Method) || context.HttpContext.Request.Headers.ContainsKey("X-Operator")
            ? next(context) : ValueTask.FromResult<object?>(Results.BadRequest("Send the header X-Operator.")));
        group.MapGet("/pipelines/{pipeline}", async (PipelineName pipeline, IPipelines pipelines) => await pipelines.GetAsync(pipeline) is { } state ? Results.Ok(state) : Results.NotFound());
        group.MapGroup("/pipelines/{pipeline}").MapReviewApps(Operator);
        group.MapGet("/apps/{app}", async (AppName app, IApps apps) => await apps.GetAsync(app) is { } state ? Results.Ok(state) : Results.NotFound());
        group.MapGet("/apps/{app}/url", (AppName app, IApps apps) => apps.UrlOf(app));
        group.MapGet("/pools/{pool}", async (string pool, IAddOnPools pools) => await pools.GetAsync(pool) is { } state ? Results.Ok(state) : Results.NotFound());
        group.MapGet("/runs/{run}", async (RunId run, IRuns runs) => await runs.GetAsync(run) is { } state ? Results.Ok(state) : Results.NotFound());
        group.MapPost("/apps/{app}/promote", (AppName app, IReleases releases) => releases.PromoteAsync(app, null, null, Operator));
        group.MapPost("/apps/{app}/rollback", (AppName app, int? to, IReleases releases) => releases.RollBackAsync(app, to, Operator));
        group.MapPost("/apps/{app}/resume", (AppName app, IApps apps) => apps.ResumeAsync(app, Operator));
        group.MapGet("/runs/{run}/explain", async (RunId run, IRuns runs) => await runs.ExplainAsync(run) is { } why ? Results.Ok(why) : Results.NotFound());
        group.MapPost("/secrets/rewrap", (bool rotate, ISecretKeys keys, CancellationToken cancellationToken) => keys.RewrapAsync(rotate, cancellationToken));
        group.MapGet("/apps/{app}/diff", (AppName app, int from, int to, IReleases releases) => releases.DiffAsync(app, from, to));
        group.MapGet("/events", async (long after, IFlowStore store, CancellationToken cancellationToken) =>
            (await store.ReadEventsAsync(after, 500, cancellationToken)).Select(e => new { e.Position, Stream = e.Stream.ToString(), e.Type, e.At, Data = Encoding.UTF8.GetString(e.Json.Span) }));
        group.MapGet("/events/count", (IFlowStore store, CancellationToken cancellationToken) => store.CountEventsAsync(cancellationToken));
        return group;
    }
}
