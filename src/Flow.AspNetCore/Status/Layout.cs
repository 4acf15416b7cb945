using System.Globalization;

namespace Flow.AspNetCore.Status;

/// <summary>What surrounds every page. All links are relative to <paramref name="Root"/>, so a path base, a prefix or a proxy that strips one changes nothing.</summary>
/// <param name="Root">From the page to the board: <c>./</c> or <c>../</c>.</param>
/// <param name="Now">For ages.</param>
/// <param name="Options">Title and refreshing.</param>
internal sealed record Page(string Root, DateTimeOffset Now, StatusPageOptions Options)
{
    public Html Render(string heading, Html main, bool refresh = true)
    {
        var seconds = refresh ? Options.RefreshInterval.TotalSeconds : 0;
        return Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{heading} · {Options.Title}</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="{Root}{StatusAssets.Style.Path}">
            {Html.If(seconds > 0, () => Html.Of($"""<script src="{Root}{StatusAssets.Script.Path}" data-seconds="{seconds.ToString("0.###", CultureInfo.InvariantCulture)}" defer></script><noscript><meta http-equiv="refresh" content="{(long)Math.Max(5, seconds)}"></noscript>"""))}
            </head>
            <body>
            <header class="top"><a class="brand" href="{Root}">{Options.Title}</a><span id="live" class="dim" role="status"></span></header>
            <main>
            {main}
            </main>
            </body>
            </html>
            """);
    }

    public Html App(AppName app) => Html.Of($"<a href=\"{Root}apps/{app}\">{app}</a>");
    public Html Run(Runs.RunId run) => Html.Of($"<a href=\"{Root}runs/{run}\">{run}</a>");
}
