using Flow.ReviewApps;

namespace Flow.AspNetCore.Status;

/// <summary>A proposal's app: how it stands, why, and how long it stays.</summary>
internal static class ReviewParts
{
    /// <summary>Of a proposal that has no app to be shown.</summary>
    public static Html Card(Page page, ReviewApp review) => Html.Of($"""
        <article class="app" id="proposal-{review.Key}">
        <header><h4><bdi>{review.Key}</bdi></h4></header>
        {Html.If(review.Proposal is not null, () => Html.Of($"<p class=\"dim\">{Phrases.Commit(review.Proposal!.Head.Sha)} <bdi>{Shown.Line(review.Proposal.Head.Ref, 100)}</bdi></p>"))}
        {Lines(page, review)}
        </article>
        """);

    public static Html Lines(Page page, ReviewApp review) => Html.Of($"""
        <p>{Pill(review.Status)} <bdi>{Shown.Line(review.Proposal?.Title, 120)}</bdi></p>
        {Html.If(review.Reason is not null, () => Html.Of($"<p class=\"why {(review.Status == ReviewAppStatus.Errored ? "bad" : "quiet")}\"><bdi>{Shown.Line(review.Reason, 600)}</bdi></p>"))}
        {Html.If(review.SuccessUrl is not null, () => Html.Of($"<p>Begin at {Phrases.Link(review.SuccessUrl!)}</p>"))}
        {Stay(page, review)}
        """);

    private static Html Stay(Page page, ReviewApp review) => review switch
    {
        { PinnedBy: { } by } => Html.Of($"<p class=\"dim\">{Phrases.Pill("quiet", "pinned")} by <bdi>{Shown.Line(by, 100)}</bdi>: it stays, used or not</p>"),
        { StaleAt: { } at } => Html.Of($"<p class=\"dim\">Unused, it goes {Phrases.Until(at, page.Now)}{Html.If(review.ActiveAt is not null, () => Html.Of($"; last used {Phrases.Age(review.ActiveAt!.Value, page.Now)}"))}</p>"),
        _ => Html.Nothing,
    };

    private static Html Pill(ReviewAppStatus status) => status switch
    {
        ReviewAppStatus.Pending => Phrases.Pill("warn", "pending"),
        ReviewAppStatus.Creating => Phrases.Pill("busy", "being created"),
        ReviewAppStatus.Created => Phrases.Pill("good", "created"),
        ReviewAppStatus.Deleting => Phrases.Pill("warn", "being deleted"),
        _ => Phrases.Pill("bad", "errored"),
    };
}
