using Flow.Pipelines;
using Flow.Sources;

namespace Flow.ReviewApps;

/// <summary>
/// May an open proposal have an app, and may its app have this head? In this order: does somebody vouch for the code; does the policy want it; is it away
/// on purpose; can it have a name; is there room. An app that is there follows its pushes: of it only the first is asked.
/// </summary>
internal static class ReviewAdmission
{
    /// <summary>The head as its app may be told of it; null: nobody vouches for it. What a source calls approved is not: people approve here.</summary>
    public static Revision? Vouched(ResolvedPipeline declared, IReadOnlyCollection<CommitSha> approved, Revision head) =>
        head.Trust == Trust.Trusted ? head
        : declared.IsolatesUntrusted && approved.Contains(head.Sha) ? head with { Trust = Trust.Approved }
        : null;

    /// <summary>What it waits for; null: nothing.</summary>
    public static ReviewAppWait? Of(ResolvedPipeline declared, IReadOnlyCollection<CommitSha> approved, ObservedProposal seen, bool named, bool room)
    {
        if (Vouched(declared, approved, seen.Proposal.Head) is null) return declared.IsolatesUntrusted ? ReviewAppWait.Approval : ReviewAppWait.Isolation;
        if (seen.App is not null) return null;
        if (seen.Wanted is null && Unwanted(declared.Definition.ReviewApps!, seen) is { } unwanted) return unwanted;
        if (seen.Away?.For == ReviewAppAbsence.Stale && seen.Order <= seen.GoneAt) return ReviewAppWait.Push;
        if (!named) return ReviewAppWait.Name;
        return room ? null : ReviewAppWait.Room;
    }

    /// <summary>Somebody who asks for the app by hand overrides all of these.</summary>
    private static ReviewAppWait? Unwanted(ReviewAppPolicy policy, ObservedProposal seen) => seen switch
    {
        _ when policy.Create == ReviewAppCreation.ByHand => ReviewAppWait.Request,
        { Proposal.Labels: null } when policy.Create == ReviewAppCreation.ByLabel => ReviewAppWait.Labels,
        { Proposal: var proposal } when policy.Create == ReviewAppCreation.ByLabel && !HasLabel(policy, proposal) => ReviewAppWait.Label,
        { Proposal.Draft: true } when !policy.Drafts => ReviewAppWait.Ready,
        { Proposal.Untouched: true } => ReviewAppWait.Change,
        { Away.For: ReviewAppAbsence.Dismissed } => ReviewAppWait.Return,
        _ => null,
    };

    /// <summary>The app that is there lost the label that it is there for; evidence, or null. A source that knows no labels is none.</summary>
    public static string? Unlabelled(ReviewAppPolicy policy, ObservedProposal seen) =>
        policy.Create == ReviewAppCreation.ByLabel && seen is { App: not null, Wanted: null, Missing: 0, Proposal.Labels: not null } && !HasLabel(policy, seen.Proposal)
            ? $"its host says that it has no label '{policy.Label}'" : null;

    // GitHub: two labels of a repository never differ in case only.
    private static bool HasLabel(ReviewAppPolicy policy, Proposal proposal) => proposal.Labels!.Contains(policy.Label, StringComparer.OrdinalIgnoreCase);

    /// <summary>Apps that count for the limit: those that are there, and those that are not gone yet.</summary>
    public static HashSet<AppName> Alive(PipelineState pipeline) =>
        [.. pipeline.Proposals.Values.Where(p => p.App is not null).Select(p => p.App!.Value), .. pipeline.Teardowns.Values.Select(t => t.App)];

    /// <summary>The name that a proposal's app has, or would have.</summary>
    public static bool TryName(PipelineDefinition definition, string key, out AppName name, out string problem)
    {
        var text = $"{definition.ReviewApps?.BaseName ?? definition.Name.ToString()}-{key}";
        problem = $"'{HostileText.Shown(text)}' is no name for an app: it has {text.Length} characters, 63 are the most. Choose a shorter BaseName.";
        if (text.Length <= 63) problem = $"'{HostileText.Shown(text)}' is no name for an app: lower-case letters, digits and dashes, a letter first.";
        if (!AppName.TryParse(text, null, out name)) return false;
        var taken = name;
        problem = $"'{name}' is the name of a permanent app of this pipeline: the proposal gets no review app under it. Choose another BaseName, or rename the app.";
        return definition.Apps.All(a => a.Name != taken);
    }
}
