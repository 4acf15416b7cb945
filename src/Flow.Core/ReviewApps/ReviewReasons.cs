using Flow.Pipelines;
using Flow.Sources;

namespace Flow.ReviewApps;

/// <summary>What proposals wait for, in words, and who can change it. Made from what is committed when somebody asks: a place in a queue is old as soon as it is written down.</summary>
internal sealed class ReviewReasons(PipelineState pipeline)
{
    private readonly Lazy<(Dictionary<string, int> Places, string Alive)> queue = new(() => QueueOf(pipeline));

    public string? Of(string key) => pipeline.Proposals.TryGetValue(key, out var seen) ? Of(seen) : null;

    public string? Of(ObservedProposal seen)
    {
        var head = seen.Proposal.Head;
        var policy = pipeline.Declared?.Definition.ReviewApps;
        return seen.Waits switch
        {
            null => null,
            _ when policy is null => "The pipeline has no review apps any more.",
            ReviewAppWait.Isolation or ReviewAppWait.Approval => Unvouched(pipeline.Declared!, head),
            ReviewAppWait.Label => $"It waits for the label '{HostileText.Shown(policy.Label)}'; it has {Names.Some(seen.Proposal.Labels ?? [])}.",
            ReviewAppWait.Labels => $"It waits for the label '{HostileText.Shown(policy.Label)}', and source '{pipeline.Declared!.Definition.Source}' knows no labels: somebody must ask for the app, or Create must be Automatic or ByHand.",
            ReviewAppWait.Request => "It waits for somebody who asks for its app: apps are made by hand here.",
            ReviewAppWait.Ready => "It is a draft: it waits until it is ready for review.",
            ReviewAppWait.Change => $"It changes nothing that matters to this pipeline ({Watched(pipeline.Declared!.Definition.Repository)}).",
            ReviewAppWait.Return => $"{HostileText.Shown(seen.Away?.By)} destroyed its app: it stays away until somebody wants it again.",
            ReviewAppWait.Push => "Its app went for being unused: the next commit brings it back, and so does asking for it.",
            ReviewAppWait.Name => ReviewAdmission.TryName(pipeline.Declared!.Definition, seen.Proposal.Key, out _, out var problem) ? "Its name is free now: the next look gives it its app." : problem,
            ReviewAppWait.Room => $"At most {policy.MaxAlive} review apps may be alive at once, and these are: {queue.Value.Alive}. It is number {queue.Value.Places.GetValueOrDefault(seen.Proposal.Key, 1)} in the queue.",
            _ => null,
        };
    }

    public static string OwnerOf(ReviewAppWait wait) => wait switch
    {
        ReviewAppWait.Isolation or ReviewAppWait.Name => "whoever may change the pipeline",
        ReviewAppWait.Approval => "a maintainer who approves exactly this commit",
        ReviewAppWait.Label => "whoever may label the proposal, or ask for its app",
        ReviewAppWait.Ready or ReviewAppWait.Change or ReviewAppWait.Push => "the proposal's author, or whoever may ask for its app",
        ReviewAppWait.Room => "whoever closes a proposal, destroys a review app, or may change the pipeline",
        _ => "whoever may ask for its app",
    };

    public static string Unvouched(ResolvedPipeline declared, Revision head) => declared.IsolatesUntrusted
        ? $"Nobody vouches for {head.Sha.Short} ({HostileText.Shown(head.Ref)}): a maintainer must approve exactly this commit before it gets a review app."
        : $"Nobody vouches for {head.Sha.Short} ({HostileText.Shown(head.Ref)}), and builder '{declared.Definition.Builder}' or runtime '{declared.Definition.Runtime}' does not isolate such code: it gets no review app. "
            + "Set TrustPullRequestRefs if everybody who can propose may also push, or use providers that isolate.";

    private static (Dictionary<string, int>, string) QueueOf(PipelineState pipeline)
    {
        var places = pipeline.Proposals.Values.Where(p => p.Waits == ReviewAppWait.Room).OrderBy(p => p.Opened).ThenBy(p => p.Order)
            .Select((p, place) => (p.Proposal.Key, place + 1)).ToDictionary(p => p.Key, p => p.Item2);
        var alive = ReviewAdmission.Alive(pipeline).Select(a => a.ToString()).ToList();
        var going = pipeline.Teardowns.Count;
        return (places, Names.Some(alive) + (going == 0 ? "" : $" ({going} of them being torn down)"));
    }

    private static string Watched(SourceRepository repository) => repository.Paths.Count > 0 ? Names.Some(repository.Paths) : repository.RootFolder is { } root ? $"folder '{HostileText.Shown(root)}'" : "any file";
}
