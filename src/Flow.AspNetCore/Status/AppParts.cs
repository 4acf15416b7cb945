using Flow.Apps;
using Flow.Releases;

namespace Flow.AspNetCore.Status;

/// <summary>What an app is given: config vars by name and origin, never a value; add-ons; and what its releases' manifests changed.</summary>
internal static class AppParts
{
    public static Html Config(AppState app)
    {
        // What serves; before the first release, what the first will begin with.
        var version = app.CurrentRelease?.Config ?? app.Config;
        var vars = app.Configs.FirstOrDefault(c => c.Version == version)?.Values.OrderBy(v => v.Key, StringComparer.Ordinal).ToList() ?? [];
        return Html.If(vars.Count > 0, () => Html.Of($"""
            <h2>Config</h2>
            <p class="dim">Version {version}. Values are not shown.</p>
            <div class="scroll"><table><thead><tr><th scope="col">Name</th><th scope="col">From</th><th scope="col">Kind</th></tr></thead>
            <tbody>{Html.Each(vars, v => Html.Of($"<tr><td><code>{v.Key}</code></td><td>{OriginOf(v.Value)}</td><td>{(v.Value.IsSecret ? "secret" : "plain")}</td></tr>"))}</tbody></table></div>
            """));
    }

    public static Html AddOns(AppState app)
    {
        var addOns = app.Ledger.Where(r => r.Kind == ResourceKind.AddOn).ToList();
        return Html.If(addOns.Count > 0, () => Html.Of($"""
            <h2>Add-ons</h2>
            <div class="scroll"><table><thead><tr><th scope="col">Name</th><th scope="col">Provider</th><th scope="col">Instance</th></tr></thead>
            <tbody>{Html.Each(addOns, a => Html.Of($"<tr><td>{a.Name}</td><td>{a.Provider}</td><td><code>{a.Id}</code></td></tr>"))}</tbody></table></div>
            """));
    }

    public static Html Notes(Release release) =>
        Html.If(release.Notes.Count > 0, () => Html.Of($"<ul class=\"notes\">{Html.Each(release.Notes, n => Html.Of($"<li><bdi>{Shown.Line(n, 240)}</bdi></li>"))}</ul>"));

    private static string OriginOf(ConfigValue value) => value.Origin switch
    {
        ConfigOrigin.Person => "set on this app",
        ConfigOrigin.Stage => "the pipeline, for its stage",
        ConfigOrigin.Declaration => "the pipeline's declaration",
        ConfigOrigin.Manifest => "app.json",
        ConfigOrigin.Generated => "made for this app",
        _ => value.Origin.ToString(),
    };
}
