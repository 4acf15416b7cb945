using Flow.Apps;
using Flow.Releases;
using Flow.Runs;

namespace Flow.AspNetCore.Status;

/// <summary>One app: its releases and its runs.</summary>
internal static class AppPage
{
    public const int RunsShown = 30;

    public static Html Of(Page page, AppView app)
    {
        var policy = app.State.Policy!;
        return page.Render(app.Name.ToString(), Html.Of($"""
            <nav aria-label="Path"><a href="{page.Root}pipelines/{policy.Pipeline}">{policy.Pipeline}</a> / {policy.Stage.ToString()}</nav>
            <h1>{app.Name} {BoardPage.State(app)}</h1>
            {Html.If(app.State.Current is not null, () => Html.Of($"<p>{Phrases.Link(app.Url)}</p>"))}
            {Html.If(app.Review is not null, () => ReviewParts.Lines(page, app.Review!))}
            {Html.If(app.State.Hold is not null, () => Hold(page, app.State.Hold!))}
            {SetUpProblem(app.State)}
            {Html.If(app.State.CurrentRelease is not null, () => Html.Of($"<p class=\"dim\">Processes: {Formation(app.State, app.State.CurrentRelease!)}</p>"))}
            <h2>Runs</h2>
            {Html.If(app.Runs.Count == 0, () => Html.Of($"<p class=\"empty\">None yet.</p>"))}
            {Html.If(app.Runs.Count > 0, () => Html.Of($"""
                <div class="scroll"><table><thead><tr><th scope="col">Run</th><th scope="col">What</th><th scope="col">State</th><th scope="col">Code</th><th scope="col">Began</th><th scope="col">Why</th></tr></thead>
                <tbody>{Html.Each(app.Runs, r => Run(page, r))}</tbody></table></div>
                """))}
            <h2>Releases</h2>
            {Html.If(app.State.Releases.Count == 0, () => Html.Of($"<p class=\"empty\">None yet.</p>"))}
            {Html.If(app.State.Releases.Count > 0, () => Html.Of($"""
                <div class="scroll"><table><thead><tr><th scope="col">Release</th><th scope="col">State</th><th scope="col">Commit</th><th scope="col">By</th><th scope="col">Config</th><th scope="col">Made</th><th scope="col">Why</th></tr></thead>
                <tbody>{Html.Each(app.State.Releases.Reverse().Take(RunsShown), r => Release(page, app.State, r))}</tbody></table></div>
                """))}
            {AppParts.Config(app.State)}
            {AppParts.AddOns(app.State)}
            {Html.If(app.State.Refusals.Count > 0, () => Html.Of($"""
                <h2>Refused</h2>
                <ul>{Html.Each(app.State.Refusals.Reverse(), r => Html.Of($"<li>Could not <bdi>{r.What}</bdi>: <bdi>{r.Reason}</bdi> <span class=\"dim\">{Phrases.Age(r.At, page.Now)}</span></li>"))}</ul>
                """))}
            """));
    }

    public static Html Hold(Page page, Hold hold) =>
        Html.Of($"<p class=\"why\">On hold: <bdi>{hold.Reason}</bdi> <span class=\"dim\">by <bdi>{hold.By}</bdi> {Phrases.Age(hold.At, page.Now)}; automatic deployments wait until somebody resumes</span></p>");

    public static Html SetUpProblem(AppState app) =>
        Html.If(app.SetUpProblem is not null, () => Html.Of($"<p class=\"why bad\">It serves, and its set-up failed: <bdi>{Shown.Line(app.SetUpProblem, 400)}</bdi></p>"));

    private static string Formation(AppState app, Release release) =>
        string.Join(", ", release.Artifact.ProcessTypes.Keys.Where(t => t != ProcessTypes.Release).Order(StringComparer.Ordinal).Select(t => $"{app.QuantityOf(t)} × {t}"));

    private static Html Run(Page page, KeyValuePair<RunId, RunState> run)
    {
        var (id, state) = run;
        return Html.Of($"""
            <tr><td><a href="{page.Root}runs/{id}">#{id.Number}</a></td><td>{Phrases.Verb(state.Plan!.Kind)}</td><td>{Phrases.Pill(state)}</td>
            <td>{Html.If(state.Plan.Revision is not null, () => Html.Of($"{Phrases.Commit(state.Plan.Revision!.Sha)} <bdi>{Shown.Line(state.Source?.Subject, 80)}</bdi>"))}</td>
            <td>{Html.If(state.BegunAt is not null, () => Phrases.Age(state.BegunAt!.Value, page.Now))}</td>
            <td>{Phrases.Doing(state, page.Now)}</td></tr>
            """);
    }

    private static Html Release(Page page, AppState app, Release release)
    {
        var state = release.Number == app.Current ? Phrases.Pill("good", "serves") : release.State switch
        {
            ReleaseState.Failed => Phrases.Pill("bad", "failed"),
            ReleaseState.Pending => Phrases.Pill("busy", "at work"),
            ReleaseState.Expired => Phrases.Pill("quiet", "expired"),
            _ => Phrases.Pill("quiet", "served"),
        };
        return Html.Of($"""
            <tr><td>v{release.Number}</td><td>{state}</td><td>{Phrases.Commit(release.Artifact.Provenance.Commit)}</td>
            <td><a href="{page.Root}runs/{release.Run}">{Phrases.Verb(release.Kind)} #{release.Run.Number}</a>{Html.If(release.Origin is not null, () => Html.Of($" from {page.App(release.Origin!.From)} v{release.Origin.Release}"))}</td>
            <td>{release.Config}</td><td>{Phrases.Age(release.CreatedAt, page.Now)}</td><td>{Html.If(release.Reason is not null, () => Html.Of($"<bdi>{Shown.Line(release.Reason, 240)}</bdi>"))}{AppParts.Notes(release)}</td></tr>
            """);
    }
}
