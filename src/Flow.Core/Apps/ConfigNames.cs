using System.Text.RegularExpressions;

namespace Flow.Apps;

/// <summary>Names of config vars. (Heroku: no leading double underscore; a prefix of the platform's own is reserved.)</summary>
internal static partial class ConfigNames
{
    public static bool IsGood(string name) => Pattern().IsMatch(name) && !name.StartsWith("FLOW_", StringComparison.Ordinal) && !name.StartsWith("__", StringComparison.Ordinal) && !name.StartsWith("HEROKU_", StringComparison.Ordinal) && name != "PORT";

    public static string Problem(string name) =>
        $"'{Names.Shown(name)}' is no name for a config var: letters, digits and underscores, no digit first, at most 100; FLOW_*, HEROKU_*, __* and PORT are taken.";

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
