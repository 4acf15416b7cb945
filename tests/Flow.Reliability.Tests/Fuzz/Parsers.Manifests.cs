using Flow.Apps;
using Flow.Manifests;

namespace Flow.Reliability.Tests.Fuzz;

internal static partial class Parsers
{
    private const string Shop = """
        {
          // the shop
          "name": "Shop", "description": "Sells.", "keywords": ["a", "b"], "website": "https://example.com", "stack": "heroku-24", "success_url": "/welcome",
          "env": { "GREETING": "hi", "SECRET": { "generator": "secret" }, "KEY": { "description": "A key", "required": "true" }, "N": 5, "PORT": "1" },
          "formation": { "web": { "quantity": 1, "size": "basic" }, "worker": { "quantity": "0" } },
          "addons": ["heroku-redis", { "plan": "heroku-postgresql:mini", "as": "DB", "options": { "version": 16 } }], "buildpacks": [{ "url": "heroku/nodejs" }],
          "scripts": { "postdeploy": "rake seed", "pr-predestroy": "rake bye" },
          "flow": { "root": "src/shop", "paths": ["src/**", "!**/*.md"], "sync": ["GREETING"], "scripts": { "deploy": "bin/warm" },
                    "processes": { "web": { "health": { "path": "/health", "timeout": "30s" }, "limits": { "memory": "512MB", "cpu": 0.5 } } } },
          "environments": { "review": { "env": { "GREETING": "hello", "N": null }, "addons": [], "scripts": { "postdeploy": "" } }, "test": { "scripts": { "test": "rake" } }, },
        }
        """;

    private static IEnumerable<FuzzedParser> OfManifests =>
    [
        new("app.json", [Shop, "{}", "\uFEFF{\"env\":{\"A\":{\"value\":\"\\ud83d\\ude00\\n\"}}}"], text =>
        {
            var file = AppJson.Parse(text);
            Must(file.Name is null or { Length: <= 300 } && file.Description is null or { Length: <= 1_000 } && file.Keywords.Count <= 50, "bounded for people");
            Must(file.Warnings.Count <= 100 && file.Warnings.All(w => w.Line >= 1 && w.Path.Length <= 400 && w.Message.Length <= 300 && !(w.Path + w.Message).Any(char.IsControl)), "short warnings");
            foreach (var stage in Enum.GetValues<Stage>()) Check(file.For(stage));
        }) { PerByte = 160, Fixed = 512 * 1024 },
        new("path globs", ["src/**\n!**/*.md\nsrc/a/b.md", "**/a/**/b\na/b", "*?*\nx/y"], text =>
        {
            string[] lines = text.Split('\n');
            string[] globs = [.. lines[..^1].Where(g => PathGlobs.Problem(g) is null).Take(PathGlobs.Max)];
            _ = new PathGlobs(globs).Matches(lines[^1]);
        }) { PerByte = 200, Fixed = 2 * 1024 * 1024 },
    ];

    private static void Check(AppManifest manifest)
    {
        Must(manifest.Env.Count <= 256 && manifest.Env.Keys.All(ConfigNames.IsGood), "names of config vars");
        Must(manifest.Env.Values.All(e => e.Value is null || !(e.Generated || e.Value.Contains('\0', StringComparison.Ordinal)) && e.Value.Length <= 32 * 1024), "values that a process can have");
        Must(manifest.Processes.Count <= 64 && manifest.Processes.Values.All(p => p.Quantity is null or (>= 0 and <= 100)), "a formation");
        Must(manifest.Processes.Values.All(p => p.Health is null || (p.Health.Path[0] == '/' && p.Health.Timeout > TimeSpan.Zero)), "health checks that can be asked");
        Must(manifest.AddOns.Count <= 32 && manifest.AddOns.All(a => a.Service.Length is > 0 and <= 63 && (a.As is null || ConfigNames.IsGood(a.As + "_URL"))), "add-ons");
        Must(manifest.Buildpacks.Count <= 16 && manifest.Buildpacks.All(b => b.Length > 0 && b[0] != '-'), "buildpacks");
        Must(manifest.SuccessUrl is null || manifest.SuccessUrl.StartsWith("http", StringComparison.OrdinalIgnoreCase) || (manifest.SuccessUrl[0] == '/' && !manifest.SuccessUrl.StartsWith("//", StringComparison.Ordinal)), "a place to go to");
        Must(manifest.Root is null || !manifest.Root.Split('/').Any(p => p is "" or "." or ".." or ".git"), "a folder inside");
        Must(manifest.Paths.All(g => PathGlobs.Problem(g) is null), "globs");
        string?[] scripts = [manifest.Scripts.PostDeploy, manifest.Scripts.PrPredestroy, manifest.Scripts.EveryDeploy, manifest.Scripts.Test, manifest.Scripts.TestSetup];
        Must(scripts.All(s => s is null || (s.Length is > 0 and <= 4 * 1024 && !s.Contains('\0', StringComparison.Ordinal))), "commands");
    }
}
