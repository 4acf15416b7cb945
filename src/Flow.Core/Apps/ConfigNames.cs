using System.Text.RegularExpressions;

namespace Flow.Apps;

/// <summary>Names of config vars. (Heroku: no leading double underscore; a prefix of the platform's own is reserved.)</summary>
internal static partial class ConfigNames
{
    public static bool IsGood(string name) => Pattern().IsMatch(name) && !name.StartsWith("FLOW_", StringComparison.Ordinal) && !name.StartsWith("__", StringComparison.Ordinal) && !IsGiven(name);

    /// <summary>Every app is given it: by the runtime, or by Flow under the name that code from Heroku knows.</summary>
    public static bool IsGiven(string name) => name is "PORT" or "HEROKU_APP_NAME" or "HEROKU_BRANCH" or "HEROKU_PR_NUMBER" or "HEROKU_SLUG_COMMIT" or "HEROKU_RELEASE_VERSION";

    public static string Problem(string name) =>
        $"'{HostileText.Shown(name)}' is no name for a config var: letters, digits and underscores, no digit first, at most 100; FLOW_*, __*, PORT and what Flow gives as HEROKU_* are taken.";

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
