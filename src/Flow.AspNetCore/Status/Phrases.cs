using System.Globalization;
using Flow.Runs;

namespace Flow.AspNetCore.Status;

/// <summary>Pieces that every page uses.</summary>
internal static class Phrases
{
    public static Html Age(DateTimeOffset at, DateTimeOffset now) =>
        Html.Of($"<time datetime=\"{Machine(at)}\" title=\"{People(at)} UTC\">{Ago(now - at)}</time>");

    public static string Took(TimeSpan took) => took switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, took.TotalMilliseconds):0} ms"),
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0.0} s"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{took.Minutes} min {took.Seconds} s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{took.Hours} h {took.Minutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)took.TotalDays} d {took.Hours} h"),
    };

    private static string Ago(TimeSpan age) => age switch
    {
        { TotalSeconds: < 5 } => "just now",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0} s ago"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} min ago"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0} h ago"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0} days ago"),
    };

    /// <summary>How long until then.</summary>
    public static Html Until(DateTimeOffset at, DateTimeOffset now) =>
        Html.Of($"<time datetime=\"{Machine(at)}\" title=\"{People(at)} UTC\">{(at <= now ? "any moment" : "in " + Took(at - now))}</time>");

    private static string Machine(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
    private static string People(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>The word is the message; the colour only helps.</summary>
    public static Html Pill(string tone, string word) => Html.Of($"<span class=\"pill {tone}\">{word}</span>");

    public static Html Pill(RunState run) => run switch
    {
        { Status: RunStatus.Succeeded } => Pill("good", "succeeded"),
        { Status: RunStatus.Failed } => Pill("bad", "failed"),
        { Status: RunStatus.Cancelled } => Pill("quiet", "cancelled"),
        { Status: RunStatus.Unknown } => Pill("bad", "needs an answer"),
        { Status: RunStatus.Stopping } => Pill("warn", "stopping"),
        { Status: RunStatus.Waiting } when !IsBuilding(run) => Pill("warn", "waits"),
        _ => Pill("busy", "at work"),
    };

    public static bool IsBuilding(RunState run) => run is { Status: RunStatus.Waiting, Due.Kind: WellKnownSteps.Build };

    public static string Verb(RunKind kind) => kind switch
    {
        RunKind.Deploy => "Deploy",
        RunKind.Promotion => "Promotion",
        RunKind.Rollback => "Rollback",
        RunKind.Config => "Config change",
        RunKind.AddOn => "Add-on renewal",
        RunKind.Restart => "Restart",
        RunKind.Scale => "Scaling",
        RunKind.Command => "Command",
        RunKind.Destroy => "Teardown",
        _ => kind.ToString(),
    };

    public static Html Commit(CommitSha sha) => Html.Of($"<code title=\"{sha.ToString()}\">{sha.Short}</code>");

    public static Html Link(Uri url) => Shown.IsWeb(url)
        ? Html.Of($"<a href=\"{url.AbsoluteUri}\" rel=\"noreferrer\">{url.Authority}{(url.PathAndQuery == "/" ? "" : url.PathAndQuery)}</a>")
        : Html.Of($"<bdi>{url}</bdi>");

    /// <summary>What a run waits for, and who can change that; or what it does.</summary>
    public static Html Doing(RunState run, DateTimeOffset now) => run switch
    {
        { Waits: { } waits } when !IsBuilding(run) =>
            Html.Of($"<p class=\"why\">Waits for <bdi>{waits.For}</bdi> <span class=\"dim\">· can be changed by {waits.Owner} · since {Age(waits.Since, now)}</span></p>"),
        { Closed: false, Due: { } due } => Html.Of($"<p class=\"dim\">Step {due.Name}{Html.If(run.Attempt > 1, () => Html.Of($", attempt {run.Attempt}"))}, {Took(now - run.StepSince)} so far</p>"),
        { Status: RunStatus.Failed or RunStatus.Cancelled, Reason: { } reason } => Html.Of($"<p class=\"why {(run.Status == RunStatus.Failed ? "bad" : "quiet")}\"><bdi>{Shown.Line(reason, 240)}</bdi></p>"),
        _ => Html.Nothing,
    };
}
