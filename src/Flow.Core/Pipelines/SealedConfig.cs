using Flow.Apps;
using Flow.Secrets;

namespace Flow.Pipelines;

/// <summary>Config vars on their way in: checked, and secrets encrypted for their place before they leave the call.</summary>
internal static class SealedConfig
{
    private const int ShortestSecret = 8;

    /// <summary>Everything that is wrong with them; null: nothing, and <paramref name="values"/> holds them.</summary>
    public static string? Seal(
        IReadOnlyDictionary<string, ConfigVar?> changes, Func<string, string> purpose, ConfigOrigin origin, ISecretProtector? protector, out IReadOnlyDictionary<string, ConfigValue?> values)
    {
        values = new Dictionary<string, ConfigValue?>();
        // Also before encryption: nobody encrypts megabytes to be refused.
        var size = changes.Sum(c => (long)c.Key.Length + (c.Value?.Value.Length ?? 0));
        if (size > ConfigSize.Most) return $"They have {size:N0} characters, the limit is {ConfigSize.Most:N0}.";
        List<string> errors =
        [
            .. changes.Keys.Where(n => !ConfigNames.IsGood(n)).Select(ConfigNames.Problem),
            .. changes.Where(c => c.Value is { IsSecret: true } secret && secret.Value.Length < ShortestSecret).Select(c => $"Secret {HostileText.Shown(c.Key)} is shorter than {ShortestSecret} characters: it could not be masked."),
            .. changes.Values.Any(c => c is { IsSecret: true }) && protector is null ? [ConfigSecrets.NoProtector().Message] : (string[])[],
        ];
        if (errors.Count > 0) return string.Join(' ', errors);
        values = changes.ToDictionary(c => c.Key, c => c.Value switch
        {
            null => null,
            { IsSecret: true } secret => new ConfigValue(null, protector!.Protect(purpose(c.Key), secret.Value), origin),
            var plain => new ConfigValue(plain.Value, null, origin),
        });
        return null;
    }
}

/// <summary>Config vars of an ephemeral stage, as far as they may be read.</summary>
/// <param name="Version">Grows with each change.</param>
/// <param name="By">Who changed them last.</param>
/// <param name="At">When.</param>
/// <param name="Vars">Name to value; null: it is a secret, and those are never read back.</param>
public sealed record StageConfigView(int Version, string By, DateTimeOffset At, IReadOnlyDictionary<string, string?> Vars);
