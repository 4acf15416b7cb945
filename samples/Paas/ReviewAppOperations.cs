using Flow.Apps;
using Flow.Pipelines;
using Flow.ReviewApps;

namespace Flow.Samples.Paas;

/// <summary>Review apps, and the config that all of a stage have.</summary>
internal static class ReviewAppOperations
{
    /// <summary>A config var to set: <c>{ "value": "...", "secret": true }</c>; null in its place removes it.</summary>
    internal sealed record Setting(string Value, bool Secret = false);

    public static void MapReviewApps(this RouteGroupBuilder pipelines, string by)
    {
        pipelines.MapGet("/review-apps", (PipelineName pipeline, IReviewApps reviews) => reviews.ListAsync(pipeline));
        pipelines.MapPut("/review-apps/{key}", (PipelineName pipeline, string key, IReviewApps reviews) => reviews.CreateAsync(pipeline, key, null, by));
        pipelines.MapDelete("/review-apps/{key}", (PipelineName pipeline, string key, IReviewApps reviews) => reviews.DestroyAsync(pipeline, key, by));
        pipelines.MapPut("/review-apps/{key}/pin", (PipelineName pipeline, string key, IReviewApps reviews) => reviews.PinAsync(pipeline, key, true, by));
        pipelines.MapDelete("/review-apps/{key}/pin", (PipelineName pipeline, string key, IReviewApps reviews) => reviews.PinAsync(pipeline, key, false, by));
        pipelines.MapPost("/review-apps", (PipelineName pipeline, string branch, IReviewApps reviews) => reviews.CreateForBranchAsync(pipeline, branch, null, by));
        pipelines.MapPost("/deploy", (PipelineName pipeline, AppName app, IPipelines all) => all.DeployAsync(pipeline, app, null, by));
        pipelines.MapPatch("/config/{stage}", (PipelineName pipeline, Stage stage, Dictionary<string, Setting?> changes, IPipelines all) =>
            all.SetStageConfigAsync(pipeline, stage, changes.ToDictionary(c => c.Key, c => c.Value is { } v ? v.Secret ? ConfigVar.Secret(v.Value) : ConfigVar.Plain(v.Value) : null), by));
    }
}
