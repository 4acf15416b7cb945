using System.Text.RegularExpressions;
using Flow.Apps;

namespace Flow.Manifests;

internal sealed partial class ManifestReader
{
    private const int MaxOptions = 32;
    private const int LongestOption = 1_000;
    private const int LongestBuildpack = 500;

    private Dictionary<string, ManifestPart.Scale?> Formation(ManifestValue of)
    {
        var formation = new Dictionary<string, ManifestPart.Scale?>(StringComparer.Ordinal);
        if (of is { IsArray: true, Items.Count: > 0 })
        {
            // The shape of the platform's own API.
            findings.Warn(of, "is a list: write an object { \"web\": { \"quantity\": 1 } }; it is read all the same.");
            foreach (var entry in Elements(of, MaxProcesses).Where(IsObject))
            {
                if (entry.Items.Find(i => i.Name is "process" or "type") is not { } type) findings.Error(entry, "names no process type.");
                else if (Word(type, ProcessType(), ProcessTypeRule) is { } name) formation[name] = Scale(entry, "process", "type");
            }
            return formation;
        }
        foreach (var entry in Entries(of))
        {
            if (IsProcessType(entry)) formation[entry.Name!] = Scale(entry);
        }
        return formation;
    }

    private ManifestPart.Scale? Scale(ManifestValue of, params string[] alsoKnown)
    {
        if (of.IsNull)
        {
            findings.Warn(of, "is null: as if it were not there.");
            return null;
        }
        if (of.IsNumber || of.IsText)
        {
            findings.Warn(of, "is a number: taken for its quantity.");
            return new(Whole(of, 0, MaxQuantity), null);
        }
        if (!IsObject(of)) return null;
        int? quantity = null;
        string? size = null;
        foreach (var entry in of.Items)
        {
            if (entry.Name == "quantity") quantity = Whole(entry, 0, MaxQuantity);
            else if (entry.Name == "size") size = SizeOf(entry);
            else if (!alsoKnown.Contains(entry.Name)) findings.Warn(entry, "is not known, and not read.");
        }
        return new(quantity, size);
    }

    // The platform's word: what it cannot read says nothing of the app.
    private string? SizeOf(ManifestValue of)
    {
        if (Text(of)?.Trim() is not { } size) return null;
        if (Size().IsMatch(size)) return size;
        findings.Warn(of, "is no word of at most 63 letters, digits, '.', '_' and '-': left out.");
        return null;
    }

    private bool IsProcessType(ManifestValue entry)
    {
        var good = ProcessType().IsMatch(entry.Name!);
        if (!good) findings.Error(entry.NameAt, entry.Path, $"'{Shown(entry.Name!)}' cannot be: {ProcessTypeRule}.");
        return good;
    }

    private List<AddOnDeclaration> AddOns(ManifestValue of)
    {
        var addOns = new List<AddOnDeclaration>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Elements(of, MaxAddOns))
        {
            var addOn = entry.IsText ? Plan(entry) : IsObject(entry) ? AddOn(entry) : null;
            if (addOn is null) continue;
            if (addOn.As is { } name && !names.Add(name)) findings.Error(entry, $"'{name}' is the name of another add-on already: each needs its own 'as'.");
            addOns.Add(addOn);
        }
        return addOns;
    }

    private AddOnDeclaration? AddOn(ManifestValue of)
    {
        AddOnDeclaration? plan = null;
        string? name = null;
        IReadOnlyDictionary<string, string>? options = null;
        foreach (var entry in of.Items)
        {
            switch (entry.Name)
            {
                case "plan": plan = Plan(entry); break;
                case "as": name = As(entry); break;
                case "options": options = Options(entry); break;
                default: findings.Warn(entry, "is not known, and not read."); break;
            }
        }
        if (!of.Items.Exists(i => i.Name == "plan")) findings.Error(of, "has no plan: write \"plan\": \"service:plan\".");
        return plan is null ? null : plan with { As = name, Options = options };
    }

    private AddOnDeclaration? Plan(ManifestValue of)
    {
        if (Text(of)?.Trim() is not { } text) return null;
        if (!ServicePlan().IsMatch(text))
        {
            findings.Error(of, text.Length == 0 ? "is empty: write \"service\" or \"service:plan\"." : $"'{Shown(text)}' is no add-on: write \"service\" or \"service:plan\", each of at most 63 letters, digits, '.', '_' and '-'.");
            return null;
        }
        var parts = text.Split(':');
        return new(parts[0], parts.Length > 1 ? parts[1] : null);
    }

    private string? As(ManifestValue of)
    {
        if (Text(of)?.Trim() is not { } text) return null;
        var name = text.ToUpperInvariant().Replace('-', '_');
        if (text.Length == 0) findings.Warn(of, "is empty: as if it were not there.");
        else if (!Attachment().IsMatch(name) || !ConfigNames.IsGood(name + "_URL")) findings.Error(of, $"'{Shown(text)}' is no name for an add-on: capital letters, digits and '_', a letter first, at most 63; FLOW is taken.");
        else
        {
            if (name != text) findings.Warn(of, $"it begins the names of config vars: taken for {name}.");
            return name;
        }
        return null;
    }

    private Dictionary<string, string> Options(ManifestValue of)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in Entries(of))
        {
            if (options.Count == MaxOptions)
            {
                findings.Error(entry, $"is one too many: keep at most {MaxOptions}.");
                break;
            }
            if (!Option().IsMatch(entry.Name!)) findings.Error(entry.NameAt, entry.Path, "an option's name has at most 63 letters, digits, '.', '_' and '-'.");
            else if (Text(entry) is { } value && IsClean(entry, value))
            {
                if (value.Length > LongestOption) findings.Error(entry, $"is longer than {LongestOption} characters.");
                else options[entry.Name!] = value;
            }
        }
        return options;
    }

    private List<string> Buildpacks(ManifestValue of)
    {
        var buildpacks = new List<string>();
        foreach (var entry in Elements(of, MaxBuildpacks))
        {
            var url = entry;
            if (!entry.IsText)
            {
                if (!IsObject(entry)) continue;
                foreach (var other in entry.Items.Where(i => i.Name != "url")) findings.Warn(other, "is not known, and not read.");
                url = entry.Items.Find(i => i.Name == "url");
                if (url is null)
                {
                    findings.Error(entry, "has no url: write { \"url\": \"...\" }.");
                    continue;
                }
            }
            if (Text(url)?.Trim() is not { } text) continue;
            if (text.Length == 0) findings.Warn(url, "is empty: left out.");
            else if (text.Length > LongestBuildpack || text[0] == '-' || text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))) findings.Error(url, $"is no name or URL of a buildpack: at most {LongestBuildpack} characters, no white space, no '-' first.");
            else buildpacks.Add(text);
        }
        return buildpacks;
    }

    private string? Stack(ManifestValue of) => Word(of, Size(), "a stack is a word of at most 63 letters, digits, '.', '_' and '-'");

    private string? SuccessUrl(ManifestValue of)
    {
        if (Text(of)?.Trim() is not { } text) return null;
        // A page follows it: what a browser could take for another place, or for a script, is none.
        var path = text.StartsWith('/') && !(text.Length > 1 && text[1] is '/' or '\\');
        var plain = text.Length is > 0 and <= 2_000 && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '\\');
        if (plain && (path || (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Host.Length > 0))) return text;
        findings.Warn(of, "is no absolute http or https URL and no path that begins with '/': left out.");
        return null;
    }

    private Dictionary<string, string?> Scripts(ManifestValue of)
    {
        var scripts = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var entry in Entries(of))
        {
            if (entry.Name is "postdeploy" or "pr-predestroy" or "test-setup" or "test") scripts[entry.Name] = Script(entry);
            else if (entry.Name == "dokku") findings.Warn(entry, "is not read: what runs after each deployment is flow.scripts.deploy, what runs before it is the release phase (release: in the Procfile).");
            else findings.Warn(entry, "is no script that anything runs: there are postdeploy, pr-predestroy, test-setup, test, and flow.scripts.deploy.");
        }
        return scripts;
    }

    private const string ProcessTypeRule = "a process type has 1 to 63 letters, digits, '-' and '_'";

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ProcessType();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Size();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}(:[A-Za-z0-9][A-Za-z0-9._-]{0,62})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ServicePlan();

    [GeneratedRegex(@"^[A-Z][A-Z0-9_]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Attachment();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Option();
}
