using Flow.Manifests;
using Flow.Sources;

namespace Flow.Apps;

/// <summary>
/// Config of an app's next release: what a person set, then the stage's, then the declaration's, then the manifest's. A release of an ephemeral app follows its manifest; a permanent
/// app takes the manifest's values when it comes to life, and later only what it asks to keep in step, or cannot do without.
/// </summary>
internal static class ConfigLayers
{
    private const int NotesKept = 50;

    /// <param name="Values">The config.</param>
    /// <param name="Missing">Required config vars that nobody supplies.</param>
    /// <param name="Notes">What changed and what did not, by name, never with a value.</param>
    public sealed record Result(IReadOnlyDictionary<string, ConfigValue> Values, IReadOnlyList<string> Missing, IReadOnlyList<string> Notes);

    public static Result Merge(AppState app, Requirements? needs)
    {
        var policy = app.Policy!;
        var values = new Dictionary<string, ConfigValue>(app.ConfigOf(app.Config));
        List<string> missing = [], notes = [];
        // A permanent app too, until something serves: nothing that failed is what it has.
        var follows = policy.Stage <= Stage.Review || app.Current is null;
        AddStage(policy, values, notes);
        notes.AddRange(needs?.Notes ?? []);
        // Without the file nothing is asked for any more, either.
        var env = (needs?.Manifest ?? AppManifest.Empty).Env;
        foreach (var name in values.Where(v => follows && v.Value.Origin == ConfigOrigin.Manifest && env.GetValueOrDefault(v.Key)?.Value is null).Select(v => v.Key).ToList())
            if (values.Remove(name)) notes.Add($"{name} is removed: app.json {(env.ContainsKey(name) ? "has no value for it" : "does not declare it")} any more.");
        foreach (var (name, declared) in env.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            if (values.TryGetValue(name, out var value)) Follow(name, declared, value, follows, values, notes);
            else if (Supplied(declared, GeneratedOf(app, name) ?? needs?.Generated?.GetValueOrDefault(name)) is { } supplied)
            {
                if (!follows && declared is { Required: false, Sync: false }) notes.Add($"{name} is not set: app.json has a value for new apps only.");
                else
                {
                    values[name] = supplied;
                    notes.Add(supplied.IsSecret ? $"{name} is generated." : $"{name} is set from app.json.");
                }
            }
            else if (declared.Required || declared.Generated) missing.Add(name);
        }
        return new(values, missing, notes.Count <= NotesKept ? notes : [.. notes.Take(NotesKept), $"... and {notes.Count - NotesKept} more."]);
    }

    /// <summary>
    /// The config without what a release would have brought that has failed, for the code that goes on serving; null: nothing of it is left. What somebody changed since
    /// stays, and so does a generated secret: data may be locked with it.
    /// </summary>
    public static IReadOnlyDictionary<string, ConfigValue>? Undone(AppState app, int failed)
    {
        if (app.Configs.FirstOrDefault(c => c.Version == failed) is not { Over: { } over } made || (over != 0 && app.Configs.All(c => c.Version != over))) return null;
        var (before, now) = (app.ConfigOf(over), app.ConfigOf(app.Config));
        var values = new Dictionary<string, ConfigValue>(now);
        foreach (var name in before.Keys.Union(made.Values.Keys))
        {
            var (old, brought) = (before.GetValueOrDefault(name), made.Values.GetValueOrDefault(name));
            if (old == brought || now.GetValueOrDefault(name) != brought || brought is { Origin: ConfigOrigin.Generated }) continue;
            if (old is null) values.Remove(name);
            else values[name] = old;
        }
        return values.ToHashSet().SetEquals(now) ? null : values;
    }

    /// <summary>What is missing, as a reason to end a run; null: nothing.</summary>
    public static string? Lacking(AppState app, Requirements? needs, Trust trust)
    {
        var merged = Merge(app, needs);
        var missing = merged.Missing;
        if (trust == Trust.Approved && needs is not null)
        {
            var given = For(trust, app.Policy!, merged.Values, needs.Manifest);
            missing = [.. needs.Manifest.Env.Where(e => e.Value.Required && !given.ContainsKey(e.Key)).Select(e => e.Key).Order(StringComparer.Ordinal)];
        }
        if (missing.Count == 0) return null;
        return $"app.json requires config vars that nobody supplies: {string.Join(", ", missing.Select(name => Described(name, needs!.Manifest.Env[name])))}. "
            + (trust == Trust.Approved ? "Set them for all review apps of the pipeline, and deploy again: approved code gets nothing that was set on this app alone."
                : app.Policy!.Stage <= Stage.Review ? "Set them for all review apps of the pipeline, or on this app, and deploy again." : "Set them on the app, and deploy again.");
    }

    /// <summary>Approved code gets what every review app has: where a person set something on this app, what lies below.</summary>
    public static IReadOnlyDictionary<string, ConfigValue> For(Trust? trust, AppPolicy policy, IReadOnlyDictionary<string, ConfigValue> config, AppManifest? manifest)
    {
        if (trust != Trust.Approved) return config;
        var given = new Dictionary<string, ConfigValue>(config);
        foreach (var name in config.Where(v => v.Value.Origin == ConfigOrigin.Person).Select(v => v.Key))
            if (policy.StageConfig.TryGetValue(name, out var value)) given[name] = value;
            else if (manifest?.Env.GetValueOrDefault(name)?.Value is { } declared) given[name] = new(declared, null, ConfigOrigin.Manifest);
            else given.Remove(name);
        return given;
    }

    private static string Described(string name, EnvDeclaration declared) => declared.Description is { Length: > 0 } text ? $"{name} ({HostileText.Shown(text)})" : name;

    private static void AddStage(AppPolicy policy, Dictionary<string, ConfigValue> values, List<string> notes)
    {
        foreach (var (name, gone) in values.Where(v => v.Value.Origin == ConfigOrigin.Stage && !policy.StageConfig.ContainsKey(v.Key)).ToList())
            if (values.Remove(name)) notes.Add($"{name} is removed: the pipeline does not set it any more.");
        foreach (var (name, value) in policy.StageConfig.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (values.TryGetValue(name, out var now) && (now == value || now.Origin == ConfigOrigin.Person)) continue;
            values[name] = value;
            notes.Add($"{name} is set from the pipeline.");
        }
    }

    private static void Follow(string name, EnvDeclaration declared, ConfigValue value, bool follows, Dictionary<string, ConfigValue> values, List<string> notes)
    {
        if (declared.Value is not { } wanted || value.Plain == wanted) return;
        if (declared.Sync || (follows && value.Origin is ConfigOrigin.Manifest or ConfigOrigin.Generated))
        {
            values[name] = new(wanted, null, ConfigOrigin.Manifest);
            notes.Add($"{name} is set anew from app.json.");
        }
        else if (value.Origin == ConfigOrigin.Manifest) notes.Add($"{name} stays as it is: app.json's value is for new apps, unless it is named under flow.sync.");
        else if (follows) notes.Add($"{name} stays as it was set {(value.Origin == ConfigOrigin.Person ? "on this app" : "by the pipeline")}; app.json says otherwise.");
    }

    /// <summary>What counts in an ephemeral app when a person takes back what they set; null: nothing. In a permanent app people have the last word.</summary>
    public static ConfigValue? Below(AppState app, string name)
    {
        if (app.Policy is not { Stage: <= Stage.Review } policy) return null;
        if (policy.StageConfig.TryGetValue(name, out var stage)) return stage;
        return app.ManifestOf(app.CurrentRelease)?.Env.GetValueOrDefault(name) is { } declared ? Supplied(declared, declared.Generated ? GeneratedOf(app, name) : null) : null;
    }

    /// <summary>What was generated once stays, also when a rollback went to config from before that: there is data that depends on it.</summary>
    private static string? GeneratedOf(AppState app, string name) =>
        app.Configs.Reverse().Select(c => c.Values.GetValueOrDefault(name)).FirstOrDefault(v => v?.Origin == ConfigOrigin.Generated)?.Ciphertext;

    /// <summary>The config versions that know the newest generated secret of each name.</summary>
    public static IEnumerable<int> WithNewestSecrets(AppState app) =>
        app.Configs.Reverse().SelectMany(c => c.Values.Where(v => v.Value.Origin == ConfigOrigin.Generated).Select(v => (v.Key, c.Version))).DistinctBy(v => v.Key).Select(v => v.Version);

    private static ConfigValue? Supplied(EnvDeclaration declared, string? generated) =>
        declared.Value is { } value ? new(value, null, ConfigOrigin.Manifest) : generated is not null ? new(null, generated, ConfigOrigin.Generated) : null;
}
