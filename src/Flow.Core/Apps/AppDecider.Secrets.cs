using Flow.Engine;

namespace Flow.Apps;

/// <summary>The same secrets under a newer key: nothing that an app sees changes, so there is no config version, no release and no run.</summary>
internal sealed partial class AppDecider
{
    /// <summary>Unknown ones are ignored: config changes while somebody walks over all apps. Also for an app that is not alive: what it keeps is kept under old keys.</summary>
    private static Decision Rewrap(AppState app, RewrapConfig rewrap)
    {
        var kept = CiphertextsOf(app).Select(c => c.Ciphertext).ToHashSet(StringComparer.Ordinal);
        var known = rewrap.Ciphertexts.Where(c => kept.Contains(c.Key) && c.Key != c.Value).ToDictionary(StringComparer.Ordinal);
        return (known.Count == 0 ? Decision.Nothing : Decision.Of(new ConfigRewrapped(known))).Reply(Answer.Ok());
    }

    private static AppState Rewrapped(AppState app, ConfigRewrapped rewrapped)
    {
        return app with
        {
            Configs = [.. app.Configs.Select(c => c with { Values = Of(c.Values) })],
            Policy = Policy(app.Policy),
            Rebirth = app.Rebirth is { } rebirth ? rebirth with { Policy = Policy(rebirth.Policy)!, Config = rebirth.Config is { } given ? Of(given) : null } : null,
            Candidates = [.. app.Candidates.Select(c => c.Needs?.Generated is { } made ? c with { Needs = c.Needs with { Generated = made.ToDictionary(g => g.Key, g => rewrapped.Ciphertexts.GetValueOrDefault(g.Value, g.Value)) } } : c)],
        };

        AppPolicy? Policy(AppPolicy? policy) => policy is null ? null : policy with { StageConfig = Of(policy.StageConfig) };

        IReadOnlyDictionary<string, ConfigValue> Of(IReadOnlyDictionary<string, ConfigValue> values) =>
            values.Values.Any(v => v.Ciphertext is { } old && rewrapped.Ciphertexts.ContainsKey(old))
                ? values.ToDictionary(v => v.Key, v => v.Value.Ciphertext is { } old && rewrapped.Ciphertexts.TryGetValue(old, out var now) ? v.Value with { Ciphertext = now } : v.Value)
                : values;
    }

    /// <summary>Every ciphertext that an app keeps, with its var and whether it is bound to the pipeline's stage instead of the app; some more than once.</summary>
    internal static IEnumerable<(AppPolicy? Stage, string Name, string Ciphertext)> CiphertextsOf(AppState app) =>
        app.Configs.SelectMany(c => c.Values).Select(v => (v.Value.Origin == ConfigOrigin.Stage ? app.Policy : null, v.Key, v.Value.Ciphertext))
            .Concat(new[] { app.Policy, app.Rebirth?.Policy }.OfType<AppPolicy>().SelectMany(p => p.StageConfig.Select(v => ((AppPolicy?)p, v.Key, v.Value.Ciphertext))))
            .Concat((app.Rebirth?.Config ?? ConfigVersion.Empty).Select(v => ((AppPolicy?)null, v.Key, v.Value.Ciphertext)))
            .Concat(app.Candidates.SelectMany(c => c.Needs?.Generated ?? new Dictionary<string, string>()).Select(g => ((AppPolicy?)null, g.Key, (string?)g.Value)))
            .Where(c => c.Item3 is not null).Select(c => (c.Item1, c.Item2, c.Item3!));
}
