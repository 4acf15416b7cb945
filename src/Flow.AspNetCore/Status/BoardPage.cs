using Flow.Apps;
using Flow.Runs;

namespace Flow.AspNetCore.Status;

/// <summary>Pipelines, their apps by stage, and why something does not move.</summary>
internal static class BoardPage
{
    private static readonly Stage[] Columns = [Stage.Test, Stage.Review, Stage.Development, Stage.Staging, Stage.Production];
    private static readonly TimeSpan Recent = TimeSpan.FromHours(24);
    private const int RunsShown = 3;

    public static Html Of(Page page, IReadOnlyList<PipelineView> pipelines, PipelineName? more) => page.Render("Pipelines", Html.Of($"""
        <h1>Pipelines</h1>
        {Html.If(pipelines.Count == 0, () => Html.Of($"<p class=\"empty\">There is no pipeline yet. Declare one in the configuration (<code>Flow:Pipelines:NAME</code>) or with <code>IPipelines.DeclareAsync</code>.</p>"))}
        {Html.Each(pipelines, p => Pipeline(page, p))}
        {Html.If(more is not null, () => Html.Of($"<p><a href=\"{page.Root}?after={more!.Value}\">More pipelines</a></p>"))}
        """));

    public static Html Of(Page page, PipelineView pipeline) => page.Render(pipeline.Name.ToString(), Pipeline(page, pipeline));

    private static Html Pipeline(Page page, PipelineView pipeline)
    {
        var definition = pipeline.State.Declared!.Definition;
        return Html.Of($"""
            <section class="pipeline" id="pipeline-{pipeline.Name}" aria-labelledby="title-{pipeline.Name}">
            <header><h2 id="title-{pipeline.Name}"><a href="{page.Root}pipelines/{pipeline.Name}">{pipeline.Name}</a></h2>
            <p class="dim"><bdi>{Repository(definition.Repository.Url)}</bdi>{Html.If(definition.Repository.RootFolder is not null, () => Html.Of($" · <bdi>{definition.Repository.RootFolder}</bdi>"))}{Html.If(definition.Owner is not null, () => Html.Of($" · owner <bdi>{definition.Owner}</bdi>"))}</p></header>
            {Problems(page, pipeline)}
            <div class="stages">
            {Html.Each(Columns.Where(s => pipeline.Apps.Any(a => a.State.Policy!.Stage == s) || (s == Stage.Review && pipeline.Waiting.Any())), stage => Html.Of($"""
                <section class="stage"><h3>{NameOf(stage)}</h3>
                {Html.Each(pipeline.Apps.Where(a => a.State.Policy!.Stage == stage), a => Card(page, a))}
                {Html.If(stage == Stage.Review, () => Html.Each(pipeline.Waiting, r => ReviewParts.Card(page, r)))}
                </section>
                """))}
            </div>
            </section>
            """);
    }

    private static Html Problems(Page page, PipelineView pipeline)
    {
        List<Html> problems = [];
        if (pipeline.State.Trouble is { } trouble)
            problems.Add(Html.Of($"<b>The repository cannot be read:</b> <bdi>{trouble.Failure.Message}</bdi> <span class=\"dim\">{trouble.Times} times, first {Phrases.Age(trouble.Since, page.Now)}. What is built already can still be deployed.</span>"));
        if (pipeline.State.Brake is { } brake) problems.Add(Html.Of($"<b>Brake:</b> <bdi>{brake}</bdi>"));
        // What is wrong with a proposal stands at the proposal.
        problems.AddRange(pipeline.State.Problems.Where(p => pipeline.Reviews.All(r => p.Key != $"proposal {r.Key}")).OrderBy(p => p.Key, StringComparer.Ordinal).Take(20).Select(p => Html.Of($"<b><bdi>{p.Key}</bdi>:</b> <bdi>{p.Value}</bdi>")));
        return Html.If(problems.Count > 0, () => Html.Of($"<ul class=\"problems\">{Html.Each(problems, p => Html.Of($"<li>{p}</li>"))}</ul>"));
    }

    private static Html Card(Page page, AppView app)
    {
        var open = app.Runs.Where(r => !r.Value.Closed).ToList();
        var last = app.Runs.Count > 0 && app.Runs[0].Value is { Status: RunStatus.Failed } ? app.Runs[0] : default;
        var hidden = app.State.Candidates.Count - Math.Min(open.Count, RunsShown);
        return Html.Of($"""
            <article class="app" id="app-{app.Name}">
            <header><h4>{page.App(app.Name)}</h4>{State(app)}</header>
            {Html.If(app.Review is not null, () => ReviewParts.Lines(page, app.Review!))}
            {Serves(page, app)}
            {Html.If(app.State.Hold is not null, () => AppPage.Hold(page, app.State.Hold!))}
            {AppPage.SetUpProblem(app.State)}
            {Html.If(open.Count > 0 || last.Value is not null, () => Html.Of($"""
                <ul class="runs">{Html.Each(open.Take(RunsShown), r => Run(page, r))}{Html.If(last.Value is not null, () => Run(page, last, told: app.Review?.Reason is not null))}</ul>
                """))}
            {Html.If(hidden > 0, () => Html.Of($"<p class=\"dim\">and {hidden} more</p>"))}
            {Html.Each(app.State.Refusals.TakeLast(1).Where(r => page.Now - r.At < Recent), r => Html.Of($"<p class=\"why\">Could not <bdi>{r.What}</bdi>: <bdi>{Shown.Line(r.Reason, 240)}</bdi> <span class=\"dim\">{Phrases.Age(r.At, page.Now)}</span></p>"))}
            </article>
            """);
    }

    public static Html State(AppView app) => app.State switch
    {
        { Life: AppLife.Destroying } => Phrases.Pill("warn", "being removed"),
        { Life: AppLife.Destroyed } => Phrases.Pill("quiet", "removed"),
        { Current: { } current } => Phrases.Pill("good", $"v{current}"),
        _ => Phrases.Pill("quiet", "no release yet"),
    };

    private static Html Serves(Page page, AppView app) => app.State.CurrentRelease is not { } release
        ? Html.Of($"<p class=\"dim\">{(app.State.Policy!.Stage == Stage.Production && app.Runs.Count == 0 ? "Promote a release to it." : "Nothing serves yet.")}</p>")
        : Html.Of($"""
            <p class="serves">{Phrases.Commit(release.Artifact.Provenance.Commit)} <bdi>{Shown.Line(app.Subject, 100)}</bdi></p>
            <p class="dim">{Phrases.Verb(release.Kind)}{Html.If(release.Origin is not null, () => Html.Of($" from {release.Origin!.From} v{release.Origin.Release}"))} {Phrases.Age(release.EndedAt ?? release.CreatedAt, page.Now)}{Html.If(release.Endpoints.Count > 0, () => Html.Of($" · {Phrases.Link(app.Url)}"))}</p>
            """);

    /// <param name="page">Where.</param>
    /// <param name="run">Which.</param>
    /// <param name="told">Why it failed stands above already.</param>
    private static Html Run(Page page, KeyValuePair<RunId, RunState> run, bool told = false)
    {
        var plan = run.Value.Plan!;
        return Html.Of($"""
            <li><a href="{page.Root}runs/{run.Key}">{Phrases.Verb(plan.Kind)} #{run.Key.Number}</a> {Phrases.Pill(run.Value)}
            {Html.If(plan.Revision is not null, () => Html.Of($"{Phrases.Commit(plan.Revision!.Sha)} <bdi>{Shown.Line(run.Value.Source?.Subject, 80)}</bdi>"))}
            {Html.If(!told, () => Phrases.Doing(run.Value, page.Now))}</li>
            """);
    }

    private static string NameOf(Stage stage) => stage == Stage.Review ? "Review apps" : stage.ToString();

    /// <summary>A URL never carries credentials by contract; one that does all the same is not repeated here.</summary>
    private static string Repository(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.UserInfo.Length > 0
        ? parsed.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped) : Shown.Line(url, 200);
}
