using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Flow.Manifests;

/// <summary>Single values, and what is forgiven of them.</summary>
internal sealed partial class ManifestReader
{
    /// <summary>Entries of an object. An empty list is taken for an empty object: some tools write it so.</summary>
    private List<ManifestValue> Entries(ManifestValue of)
    {
        if (of is { IsArray: true, Items.Count: 0 }) findings.Warn(of, "is an empty list where an object belongs: as if it were { }.");
        else if (IsObject(of)) return of.Items;
        return [];
    }

    private bool IsObject(ManifestValue of)
    {
        if (!of.IsObject) findings.Error(of, $"must be an object {{ ... }}, not {of.What}.");
        return of.IsObject;
    }

    /// <summary>Entries of a list. A single text is taken for a list of one.</summary>
    private IEnumerable<ManifestValue> Elements(ManifestValue of, int most)
    {
        if ((of.IsText && of.Text.Trim().Length > 0) || (of.IsObject && of.Items.Exists(i => i.Name is "plan" or "url")))
        {
            findings.Warn(of, $"is {of.What} where a list belongs: taken for a list of one.");
            return [of];
        }
        if (of.IsText || of is { IsObject: true, Items.Count: 0 })
        {
            findings.Warn(of, $"is {(of.IsText ? "an empty text" : "an empty object")} where a list belongs: as if it were [ ].");
            return [];
        }
        if (!of.IsArray)
        {
            findings.Error(of, $"must be a list [ ... ], not {of.What}.");
            return [];
        }
        if (of.Items.Count > most) findings.Error(of.Items[most], $"is one too many: keep at most {most}.");
        foreach (var nothing in of.Items.Take(most).Where(i => i.IsNull || (i.IsText && string.IsNullOrWhiteSpace(i.Text)))) findings.Warn(nothing, "is empty: left out.");
        return of.Items.Take(most).Where(i => !i.IsNull && !(i.IsText && string.IsNullOrWhiteSpace(i.Text)));
    }

    /// <summary>A text. Numbers and true or false are taken as they are written; null and wrong kinds give null.</summary>
    private string? Text(ManifestValue of)
    {
        if (of.IsText) return of.Text;
        if (of.IsScalar) findings.Warn(of, $"is {of.What} where a text belongs: taken as it is written.");
        else if (of.IsNull) findings.Warn(of, "is null: as if it were not there.");
        else findings.Error(of, $"must be a text in double quotes, not {of.What}.");
        return of.IsScalar ? of.Text : null;
    }

    /// <summary>A short text that matches; null when it is empty (told) or wrong (an error).</summary>
    private string? Word(ManifestValue of, Regex pattern, string rule)
    {
        if (Text(of)?.Trim() is not { } text) return null;
        if (text.Length == 0) findings.Warn(of, "is empty: as if it were not there.");
        else if (!pattern.IsMatch(text)) findings.Error(of, $"'{Shown(text)}' cannot be: {rule}.");
        else return text;
        return null;
    }

    /// <summary>Null, or an empty text: nothing is said.</summary>
    private bool IsNothing(ManifestValue of)
    {
        var nothing = of.IsNull || (of.IsText && string.IsNullOrWhiteSpace(of.Text));
        if (nothing) findings.Warn(of, $"is {(of.IsNull ? "null" : "empty")}: as if it were not there.");
        return nothing;
    }

    private bool? Flag(ManifestValue of)
    {
        if (of.IsFlag) return of.Text == "true";
        if (IsNothing(of)) return null;
        if (of.IsText && bool.TryParse(of.Text.Trim(), out var said))
        {
            findings.Warn(of, $"is a text: taken for {(said ? "true" : "false")}, without quotes.");
            return said;
        }
        findings.Error(of, $"must be true or false, without quotes, not {of.What}.");
        return null;
    }

    private int? Whole(ManifestValue of, int least, int most)
    {
        if (IsNothing(of)) return null;
        if ((of.IsNumber || of.IsText) && decimal.TryParse(of.Text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most && decimal.Truncate(number) == number)
        {
            if (of.IsText) findings.Warn(of, "is a text: taken for the number, without quotes.");
            return (int)number;
        }
        findings.Error(of, $"must be a whole number from {least} to {most}.");
        return null;
    }

    /// <summary>For people: one line, without what hides or turns; cut off where it is too long.</summary>
    private string? Prose(ManifestValue of, int most)
    {
        if (Text(of) is not { } text) return null;
        var prose = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune)) prose.Append(prose.Length == 0 || prose[^1] == ' ' ? "" : " ");
            else if (!Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format) prose.Append(rune.ToString());
            if (prose.Length <= most) continue;
            findings.Warn(of, $"is longer than {most} characters: cut off.");
            prose.Length = char.IsHighSurrogate(prose[most - 1]) ? most - 1 : most;
            break;
        }
        return prose.ToString().Trim() is { Length: > 0 } shown ? shown : null;
    }

    private List<string> Keywords(ManifestValue of) => [.. Elements(of, 50).Select(k => Prose(k, 100)).OfType<string>()];

    /// <summary>A text that a process gets: no control characters but tab and line breaks.</summary>
    private bool IsClean(ManifestValue of, string text)
    {
        foreach (var c in text)
        {
            if (!char.IsControl(c) || c is '\t' or '\n' or '\r') continue;
            findings.Error(of, $"holds a control character (U+{(int)c:X4}): remove it.");
            return false;
        }
        return true;
    }

    private static string Shown(string text) => HostileText.Shown(text.Length > 60 ? text[..60] + "..." : text);

    /// <summary>Line of a shell; null: none.</summary>
    private string? Script(ManifestValue of)
    {
        var line = of;
        if (of.IsObject)
        {
            // Heroku: {command, env, size}.
            line = of.Items.Find(i => i.Name == "command");
            foreach (var other in of.Items.Where(i => i != line)) findings.Warn(other, "is not read: a command runs with the app's own config and size.");
            if (line is null)
            {
                findings.Error(of, "has no command: write the line to run as a text.");
                return null;
            }
        }
        if (Text(line)?.Trim() is not { } text) return null;
        if (text.Length == 0)
        {
            findings.Warn(line, "is empty: nothing runs.");
            return null;
        }
        if (Encoding.UTF8.GetByteCount(text) > MaxScriptBytes)
        {
            findings.Error(line, $"is longer than {MaxScriptBytes / 1024} KiB: move it into a script of the repository.");
            return null;
        }
        return IsClean(line, text) ? text : null;
    }
}
