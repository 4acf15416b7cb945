using Flow.Apps;

namespace Flow.Manifests;

internal sealed partial class ManifestReader
{
    private const int LongestDescription = 300;

    private readonly HashSet<string> declared = new(StringComparer.Ordinal);

    private Dictionary<string, EnvDeclaration?> Env(ManifestValue of)
    {
        var vars = new Dictionary<string, EnvDeclaration?>(StringComparer.Ordinal);
        foreach (var entry in Entries(of))
        {
            var name = entry.Name!;
            declared.Add(name);
            if (IsThePlatforms(name))
            {
                findings.Warn(entry, "is set by the platform for every app: left out.");
                continue;
            }
            if (!ConfigNames.IsGood(name))
            {
                findings.Error(entry.NameAt, entry.Path, "is no name for a config var: letters, digits and '_', no digit first, at most 100; FLOW_* and __* are taken.");
                continue;
            }
            vars[name] = Declaration(entry);
        }
        return vars;
    }

    /// <summary>What the engine and the runtime give to each app. Others of <c>HEROKU_</c>, such as an API key, are the user's own.</summary>
    private static bool IsThePlatforms(string name) =>
        name is "PORT" or "DYNO" || (name.StartsWith("HEROKU_", StringComparison.Ordinal) && name[7..] is "APP_NAME" or "APP_ID" or "APP_DEFAULT_DOMAIN_NAME" or "PARENT_APP_NAME" or "BRANCH" or "PR_NUMBER" or "DYNO_ID"
            or "RELEASE_VERSION" or "RELEASE_CREATED_AT" or "SLUG_COMMIT" or "SLUG_DESCRIPTION" or "BUILD_COMMIT" or "BUILD_DESCRIPTION" or "TEST_RUN_ID" or "TEST_RUN_BRANCH" or "TEST_RUN_COMMIT_VERSION");

    private EnvDeclaration? Declaration(ManifestValue of)
    {
        if (of.IsNull)
        {
            findings.Warn(of, "is null: as if it were not declared.");
            return null;
        }
        if (of.IsScalar) return new(Value(of), Required: true);
        if (!of.IsObject)
        {
            findings.Error(of, $"must be a text, or an object with description, value, required, generator, not {of.What}.");
            return null;
        }

        string? value = null, description = null;
        bool? required = null, sync = null;
        bool generated = false;
        foreach (var entry in of.Items)
        {
            switch (entry.Name)
            {
                case "value": value = Value(entry); break;
                case "description": description = Prose(entry, LongestDescription); break;
                case "required": required = Flag(entry); break;
                case "sync": sync = Flag(entry); break;
                case "generator": generated = Generator(entry); break;
                case "default": findings.Warn(entry, "is not known, and not read: the value of a new app is 'value'."); break;
                default: findings.Warn(entry, "is not known, and not read."); break;
            }
        }
        if (value is { Length: 0 } && (required == true || generated))
        {
            findings.Warn(of, generated ? "has an empty value and a generator: the generator counts." : "is required and has an empty value: it counts as none, somebody must give one.");
            value = null;
        }
        else if (value is { Length: 0 }) findings.Warn(of, "has an empty value: the app gets it so.");
        if (value is not null && generated)
        {
            findings.Warn(of, "has a value and a generator: the value counts.");
            generated = false;
        }
        return new(value, required ?? true, generated, sync ?? false, description);
    }

    private string? Value(ManifestValue of) => Text(of) is { } text && IsClean(of, text) ? text : null;

    private bool Generator(ManifestValue of)
    {
        if (Text(of)?.Trim() is not { } name) return false;
        if (name.Length == 0) findings.Warn(of, "is empty: as if it were not there.");
        else if (name != "secret") findings.Error(of, $"'{Shown(name)}' is no generator: there is 'secret' only.");
        return name == "secret";
    }
}
