using Flow.Logs;
using Flow.Runs;
using Flow.Sources;

namespace Flow.AspNetCore.Status;

/// <summary>The end of one log, as far as a page shows it.</summary>
/// <param name="Id">Which.</param>
/// <param name="Text">Its end.</param>
/// <param name="Offset">Where in the log the text begins.</param>
/// <param name="Complete">Nothing will come after it.</param>
internal sealed record LogView(LogId Id, string Text, long Offset, bool Complete);

/// <summary>One run: its steps, how long they took, why it stands where it stands, and its logs.</summary>
internal static class RunPage
{
    public static Html Of(Page page, RunId id, RunState run, IReadOnlyList<Check> checks, IReadOnlyList<LogView> logs)
    {
        var plan = run.Plan!;
        return page.Render($"{id}", Html.Of($"""
            <nav aria-label="Path"><a href="{page.Root}pipelines/{plan.Policy.Pipeline}">{plan.Policy.Pipeline}</a> / {page.App(id.App)}</nav>
            <h1>{Phrases.Verb(plan.Kind)} #{id.Number} {Phrases.Pill(run)}</h1>
            {Code(run)}
            <p class="dim">{Asked(plan)}{Html.If(run.BegunAt is not null, () => Html.Of($" · began {Phrases.Age(run.BegunAt!.Value, page.Now)} · {(run.EndedAt is null ? "so far" : "took")} {Phrases.Took((run.EndedAt ?? page.Now) - run.BegunAt!.Value)}"))}</p>
            {Html.If(plan.Command is not null, () => Html.Of($"<pre class=\"command\">{plan.Command}</pre>"))}
            {Html.If(run.Waits is not null, () => Phrases.Doing(run, page.Now))}
            {Html.If(run.Reason is not null, () => Html.Of($"<pre class=\"reason\">{run.Reason}</pre>"))}
            <h2>Steps</h2>
            <ol class="steps">{Html.Each(plan.Steps.Index(), s => Step(page, run, s.Index, s.Item))}</ol>
            {Html.If(run.Approvals.Count > 0, () => Html.Of($"<h2>Approvals</h2><ul>{Html.Each(run.Approvals, a => Html.Of($"<li><bdi>{a.By}</bdi> {Phrases.Age(a.At, page.Now)}{Html.If(a.Comment is not null, () => Html.Of($": <bdi>{a.Comment}</bdi>"))}</li>"))}</ul>"))}
            {Html.If(checks.Count > 0, () => Html.Of($"<h2>Checks of this commit</h2><ul>{Html.Each(checks, Check)}</ul>"))}
            <h2>Logs</h2>
            {Html.If(logs.Count == 0, () => Html.Of($"<p class=\"empty\">None yet.</p>"))}
            {Html.Each(logs, l => Log(page, id, l, l == logs.LastOrDefault(o => o.Text.Length > 0)))}
            """), refresh: !run.Closed);
    }

    private static Html Code(RunState run) => run.Plan!.Revision is not { } revision ? Html.Nothing : Html.Of($"""
        <p class="serves">{Phrases.Commit(revision.Sha)} <bdi>{run.Source?.Subject}</bdi></p>
        <p class="dim"><bdi>{Shown.Line(revision.Ref, 200)}</bdi>{Html.If(run.Source is not null, () => Html.Of($" · by <bdi>{run.Source!.Author}</bdi>"))}{Vouched(revision.Trust)}</p>
        """);

    private static Html Vouched(Trust trust) => trust switch
    {
        Trust.Untrusted => Html.Of($" · nobody vouches for it"),
        Trust.Approved => Html.Of($" · a stranger's, approved by a maintainer"),
        _ => Html.Nothing,
    };

    private static Html Asked(Plan plan) => plan.By is null ? Html.Of($"Follows from what was observed") : Html.Of($"Asked for by <bdi>{plan.By}</bdi>");

    private static Html Step(Page page, RunState run, int index, PlannedStep step)
    {
        if (index < run.Done.Count)
        {
            var done = run.Done[index];
            return Html.Of($"""
                <li class="done"><b>{step.Name}</b> {Done(done)} <span class="dim">{Phrases.Took(done.At - done.Since)}{Html.If(done.Attempt > 1, () => Html.Of($", attempt {done.Attempt}"))}</span>
                {Html.If(done.Output.Length > 0, () => Html.Of($"<bdi class=\"{(done.Failed ? "why bad" : "dim")}\">{Output(done.Output)}</bdi>"))}</li>
                """);
        }
        if (index > run.Done.Count || run is { Closed: true, Status: RunStatus.Succeeded }) return Html.Of($"<li class=\"todo\"><b>{step.Name}</b></li>");
        var took = (run.EndedAt ?? page.Now) - run.StepSince;
        return Html.Of($"""
            <li class="due"><b>{step.Name}</b> {Phrases.Pill(run)} <span class="dim">{Phrases.Took(took)}{Html.If(run.Attempt > 1, () => Html.Of($", attempt {run.Attempt}"))}</span></li>
            """);
    }

    /// <summary>The run has passed it; that does not make it good.</summary>
    private static Html Done(DoneStep step) => step switch
    {
        { Unsure: true } => Phrases.Pill("bad", "nobody knows"),
        { Failed: true } => Phrases.Pill("bad", "failed"),
        _ => Phrases.Pill("good", "done"),
    };

    /// <summary>Nobody reads a digest to its end.</summary>
    private static string Output(string output) => ArtifactDigest.TryParse(output, null, out _) ? output[..19] + "…" : Shown.Line(output, 300);

    private static Html Check(Check check)
    {
        var pill = check.State switch { CheckState.Success => Phrases.Pill("good", "good"), CheckState.Failure => Phrases.Pill("bad", "failed"), _ => Phrases.Pill("busy", "pending") };
        return Html.Of($"<li>{pill} <bdi>{check.Name}</bdi>{Html.If(check.Url is not null, () => Html.Of($" {Phrases.Link(check.Url!)}"))}</li>");
    }

    /// <summary>The newest log that says something is open: where a failed run ended.</summary>
    private static Html Log(Page page, RunId run, LogView log, bool open) => Html.Of($"""
        <details id="log-{log.Id.ToString().Replace('/', '-')}"{(open ? Html.Of($" open") : Html.Nothing)}><summary>{NameOf(run, log.Id)} {Html.If(log.Text.Length == 0, () => Phrases.Pill("quiet", "empty"))}</summary>
        {Html.If(log.Offset > 0, () => Html.Of($"<p class=\"dim\">The end of a long log, from byte {log.Offset} on.</p>"))}
        <pre class="log" tabindex="0" role="region" aria-label="{NameOf(run, log.Id)}">{Shown.WithoutColours(log.Text)}</pre>
        <p class="dim"><a href="{page.Root}logs/{log.Id}">As plain text</a></p></details>
        """);

    /// <summary><c>run/shop.1/release.out/2</c> is the output of the second attempt at release; a build belongs to several runs and is named by its key.</summary>
    private static string NameOf(RunId run, LogId log)
    {
        var name = log.ToString();
        if (name.StartsWith($"run/{run}/", StringComparison.Ordinal)) name = name[$"run/{run}/".Length..];
        var parts = name.Split('/');
        if (parts is ["build", _, var build]) return $"build: output of attempt {build}";
        return parts is [var step, var attempt] && step.EndsWith(".out", StringComparison.Ordinal) ? $"{step[..^4]}: output of attempt {attempt}" : name;
    }
}
