namespace Flow.Apps;

/// <summary>How much config vars may be, together. Characters, not bytes: what is encrypted has no others than ASCII.</summary>
internal static class ConfigSize
{
    // Heroku: 32 kB of config vars in total.
    public const int Most = 32 * 1024;

    public static int Of(IEnumerable<KeyValuePair<string, ConfigValue>> values) => values.Sum(v => v.Key.Length + (v.Value.Plain?.Length ?? v.Value.Ciphertext!.Length));
}
