using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Sources;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

/// <summary>A pipeline with review apps, and what its apps hear.</summary>
internal static class OnPaperReviews
{
    public static OnPaper<PipelineState, PipelineInput, PipelineEvent> With(ReviewAppPolicy policy, bool isolates = false, int maxClosings = 10) =>
        Pipeline(Definition with { ReviewApps = policy, MaxClosingsAtOnce = maxClosings }, isolates);

    public static AppName AppOf(string key) => AppName.Parse($"shop-{key}");

    public static ReviewAppWait? Waits(this OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, string key) => pipeline.State.Proposals[key].Waits;

    public static string? Reason(this OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, string key) => new ReviewReasons(pipeline.State).Of(key);

    /// <summary>The keys whose apps were told of a head, in the order of telling.</summary>
    public static IEnumerable<string> Told(this Decision decision) => decision.Messages.Where(m => m.Input is HeadObserved { Owner.Proposal: not null }).Select(m => ((HeadObserved)m.Input).Owner!.Proposal!);

    public static IEnumerable<string> ToldToGo(this Decision decision) => decision.Said<DestroyApp>().Select(d => d.Owner!.Proposal!);

    public static Decision Want(this OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, string key, IReadOnlyDictionary<string, ConfigValue>? config = null) =>
        pipeline.Tell(new WantReviewApp(key, AppOf(key), config, "ada"));

    public static Decision Dismiss(this OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, string key) => pipeline.Tell(new DismissReviewApp(key, "ada"));

    /// <summary>The life that was told to go has ended; if none was, the one that is there.</summary>
    public static Decision Gone(this OnPaper<PipelineState, PipelineInput, PipelineEvent> pipeline, string key) =>
        pipeline.Tell(new ReviewAppGone(key, AppOf(key), SeenUntil: pipeline.State.Teardowns.GetValueOrDefault(AppOf(key).ToString())?.SeenUntil ?? pipeline.State.Proposals.GetValueOrDefault(key)?.Told ?? 0));

    public static Proposal Labelled(this Proposal proposal, params string[] labels) => proposal with { Labels = labels };

    /// <summary>An app that hears what its pipeline says to it.</summary>
    public static OnPaper<AppState, AppInput, AppEvent> App(string key) => new(new AppDecider(), AppDecider.StreamOf(AppOf(key)));

    public static void Hear(this OnPaper<AppState, AppInput, AppEvent> app, Decision said, string key)
    {
        foreach (var message in said.Messages.Where(m => m.To == AppDecider.StreamOf(AppOf(key)))) app.Tell((AppInput)message.Input);
    }
}
