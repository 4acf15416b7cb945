using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Flow.Manifests;

/// <summary>A value of the file and where it stands. Texts and numbers have <see cref="Text"/>, objects and arrays <see cref="Items"/>.</summary>
internal sealed partial record ManifestValue(ManifestValue? Parent, string? Name, int Index, JsonTokenType Kind, int NameAt, int At)
{
    private const int LongestPath = 160;

    public string Text { get; init; } = "";
    public List<ManifestValue> Items { get; } = [];

    public bool IsNull => Kind == JsonTokenType.Null;
    public bool IsText => Kind == JsonTokenType.String;
    public bool IsObject => Kind == JsonTokenType.StartObject;
    public bool IsArray => Kind == JsonTokenType.StartArray;
    public bool IsNumber => Kind == JsonTokenType.Number;
    public bool IsFlag => Kind is JsonTokenType.True or JsonTokenType.False;

    /// <summary>Neither object nor array nor null: has one meaning as text.</summary>
    public bool IsScalar => IsText || IsNumber || IsFlag;

    public string Path
    {
        get
        {
            var path = "";
            for (var at = this; at.Parent is not null && path.Length < LongestPath; at = at.Parent) path = at.Step + path;
            return "$" + path;
        }
    }

    /// <summary>For a person: what it is.</summary>
    public string What => Kind switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => Text,
    };

    private string Step => Name is null ? string.Create(CultureInfo.InvariantCulture, $"[{Index}]") : Plain().IsMatch(Name) ? $".{Name}" : $"['{HostileText.Shown(Name)}']";

    [GeneratedRegex(@"^[A-Za-z0-9_$-]{1,80}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
