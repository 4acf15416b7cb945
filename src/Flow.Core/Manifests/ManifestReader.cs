using System.Text;

namespace Flow.Manifests;

/// <summary>What a manifest says, taken from its JSON: all errors are found, not only the first.</summary>
internal sealed partial class ManifestReader(ManifestFindings findings)
{
    public const int MaxEnv = 256;
    public const int MaxEnvBytes = 32 * 1024;
    public const int MaxAddOns = 32;
    public const int MaxBuildpacks = 16;
    public const int MaxProcesses = 64;
    public const int MaxScriptBytes = 4 * 1024;
    public const int MaxQuantity = 100;

    private static readonly Dictionary<string, Stage> StagesByName = Enum.GetValues<Stage>().ToDictionary(s => s.ToString(), s => s, StringComparer.OrdinalIgnoreCase);

    public AppJsonFile File(ManifestValue root)
    {
        string? name = null, description = null, website = null, repository = null, logo = null, image = null;
        IReadOnlyList<string> keywords = [];
        ManifestValue? environments = null;
        var part = Part(root, entry =>
        {
            switch (entry.Name)
            {
                case "name": name = Prose(entry, 300); break;
                case "description": description = Prose(entry, 1_000); break;
                case "website": website = Prose(entry, 500); break;
                case "repository": repository = Prose(Url(entry), 500); break;
                case "logo": logo = Prose(entry, 500); break;
                case "image": image = Prose(entry, 200); break;
                case "keywords": keywords = Keywords(entry); break;
                case "environments": environments = entry; break;
                case "$schema": break;
                default: return false;
            }
            return true;
        });
        var overlays = environments is null ? [] : Environments(environments);
        CheckSync();
        foreach (var stage in overlays.Keys) overlays[stage] = part.With(overlays[stage]);
        CheckTotals(root, part, overlays);
        var plain = part.ToManifest();
        return new()
        {
            Name = name,
            Description = description,
            Website = website,
            Repository = repository,
            Logo = logo,
            Image = image,
            Keywords = keywords,
            Warnings = findings.Warnings,
            Stages = Enum.GetValues<Stage>().ToDictionary(s => s, s => overlays.TryGetValue(s, out var own) ? own.ToManifest() : plain),
        };
    }

    // As in a package.json: {type, url}.
    private ManifestValue Url(ManifestValue of)
    {
        if (!of.IsObject || of.Items.Find(i => i.Name == "url") is not { IsText: true } url) return of;
        findings.Warn(of, "is an object where a text belongs: its url is taken.");
        return url;
    }

    private Dictionary<Stage, ManifestPart> Environments(ManifestValue all)
    {
        var overlays = new Dictionary<Stage, ManifestPart>();
        foreach (var entry in Entries(all))
        {
            if (!StagesByName.TryGetValue(entry.Name!, out var stage))
            {
                findings.Warn(entry, "no stage has this name, so nothing reads it: the stages are test, review, development, staging and production.");
                continue;
            }
            if (entry.Name!.Any(char.IsUpper)) findings.Warn(entry, "stages are written in lower case; it is read all the same.");
            if (entry.IsNull) findings.Warn(entry, "is null: as if it were not there.");
            if (entry.IsNull || !IsObject(entry)) continue;
            overlays[stage] = Part(entry, inner =>
            {
                if (inner.Name is not ("name" or "description" or "keywords" or "website" or "repository" or "logo" or "image" or "environments")) return false;
                findings.Warn(inner, "belongs to the top of the file; ignored here.");
                return true;
            });
        }
        return overlays;
    }

    /// <summary>The keys that the base and the environments have in common; <paramref name="other"/> takes what it knows of the rest.</summary>
    private ManifestPart Part(ManifestValue of, Func<ManifestValue, bool> other)
    {
        var part = new ManifestPart();
        foreach (var entry in of.Items)
        {
            if (entry.IsNull && entry.Name is not "$schema")
            {
                findings.Warn(entry, "is null: as if it were not there.");
                continue;
            }
            part = entry.Name switch
            {
                "env" => part with { Env = Env(entry) },
                "formation" => part with { Formation = Formation(entry) },
                "addons" => part with { AddOns = AddOns(entry) },
                "buildpacks" => part with { Buildpacks = Buildpacks(entry) },
                "stack" => part with { Stack = Stack(entry) },
                "success_url" => part with { SuccessUrl = SuccessUrl(entry) },
                "scripts" => part with { Scripts = ManifestPart.Over(part.Scripts, Scripts(entry)) },
                "flow" => Flow(entry, part),
                _ => Unknown(entry, other, part),
            };
        }
        return part;
    }

    private ManifestPart Unknown(ManifestValue entry, Func<ManifestValue, bool> other, ManifestPart part)
    {
        if (other(entry)) return part;
        findings.Warn(entry, entry.Name switch
        {
            "healthchecks" => "is not read: write flow.processes.TYPE.health.",
            "cron" => "is not read: nothing runs on a schedule.",
            "config" or "config_vars" or "environment" => "is not read: config vars stand under env.",
            "add-ons" or "add_ons" or "addOns" => "is not read: write addons.",
            "postdeploy" or "pr-predestroy" or "test" or "test-setup" => $"is not read here: it belongs under scripts.",
            _ => "is not known, and not read.",
        });
        return part;
    }

    private void CheckTotals(ManifestValue root, ManifestPart part, Dictionary<Stage, ManifestPart> overlays)
    {
        foreach (var (of, merged) in overlays.Select(o => (ManifestValueOf(root, o.Key), o.Value)).Prepend((root, part)))
        {
            var vars = merged.Env.Where(e => e.Value is not null).ToList();
            if (vars.Count > MaxEnv) findings.Error(of, $"there are {vars.Count} config vars: keep at most {MaxEnv}.");
            if (vars.Sum(e => (long)e.Key.Length + (e.Value!.Value is { } value ? Encoding.UTF8.GetByteCount(value) : 0)) > MaxEnvBytes) findings.Error(of, $"names and values of the config vars are larger than {MaxEnvBytes / 1024} KiB: move large values into files.");
            if (merged.Formation.Keys.Union(merged.Health.Keys).Union(merged.Limits.Keys).Count() is > MaxProcesses and var types) findings.Error(of, $"there are {types} process types: keep at most {MaxProcesses}.");
            if (findings.Wrong) return;
        }
    }

    private static ManifestValue ManifestValueOf(ManifestValue root, Stage stage) =>
        root.Items.First(i => i.Name == "environments").Items.Last(i => string.Equals(i.Name, stage.ToString(), StringComparison.OrdinalIgnoreCase));
}
