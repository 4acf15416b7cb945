using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Flow;

internal static partial class Names
{
    // A DNS label, because an app's name is the first label of its URL. Heroku allows 30 characters; a label has 63.
    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    internal static partial Regex Label();

    [GeneratedRegex(@"^[0-9a-f]{40}([0-9a-f]{24})?\z", RegexOptions.CultureInvariant)]
    internal static partial Regex Sha();

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    internal static partial Regex Digest();

    internal static T Parse<T>(string? text, string rule) where T : struct, IParsable<T> =>
        T.TryParse(text, null, out var id) ? id : throw new FormatException($"'{HostileText.Shown(text)}' is not a {typeof(T).Name}: {rule}.");

    /// <summary>A list for a message: in order, and of a long one its beginning.</summary>
    internal static string Some(IEnumerable<string> names)
    {
        var all = names.Order(StringComparer.Ordinal).Select(n => HostileText.Shown(n)).ToList();
        return all.Count == 0 ? "none" : string.Join(", ", all.Take(5)) + (all.Count > 5 ? $" and {all.Count - 5} more" : "");
    }
}

/// <summary>Name of a pipeline: lower-case letters, digits and dashes, 1 to 63 characters, a letter first.</summary>
[JsonConverter(typeof(ParsableJsonConverter<PipelineName>))]
public readonly record struct PipelineName : IParsable<PipelineName>
{
    private readonly string? text;
    private PipelineName(string text) => this.text = text;

    /// <inheritdoc/>
    public override string ToString() => text ?? "";

    /// <inheritdoc cref="IParsable{TSelf}.Parse"/>
    public static PipelineName Parse(string s, IFormatProvider? provider = null) =>
        Names.Parse<PipelineName>(s, "lower-case letters, digits and dashes, at most 63, a letter first");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PipelineName result)
    {
        var good = s is not null && Names.Label().IsMatch(s);
        result = good ? new(s!) : default;
        return good;
    }
}

/// <summary>Name of an app, unique in the engine, and the first label of its URL: lower-case letters, digits and dashes, 1 to 63 characters, a letter first.</summary>
[JsonConverter(typeof(ParsableJsonConverter<AppName>))]
public readonly record struct AppName : IParsable<AppName>
{
    private readonly string? text;
    private AppName(string text) => this.text = text;

    /// <inheritdoc/>
    public override string ToString() => text ?? "";

    /// <inheritdoc cref="IParsable{TSelf}.Parse"/>
    public static AppName Parse(string s, IFormatProvider? provider = null) =>
        Names.Parse<AppName>(s, "lower-case letters, digits and dashes, at most 63, a letter first");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AppName result)
    {
        var good = s is not null && Names.Label().IsMatch(s);
        result = good ? new(s!) : default;
        return good;
    }
}

/// <summary>A full commit id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits. Abbreviations are refused.</summary>
[JsonConverter(typeof(ParsableJsonConverter<CommitSha>))]
public readonly record struct CommitSha : IParsable<CommitSha>
{
    private readonly string? text;
    private CommitSha(string text) => this.text = text;

    /// <summary>The first seven digits, for people.</summary>
    public string Short => text is null ? "" : text[..7];

    /// <inheritdoc/>
    public override string ToString() => text ?? "";

    /// <inheritdoc cref="IParsable{TSelf}.Parse"/>
    public static CommitSha Parse(string s, IFormatProvider? provider = null) => Names.Parse<CommitSha>(s, "40 or 64 lower-case hexadecimal digits");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out CommitSha result)
    {
        var good = s is not null && Names.Sha().IsMatch(s);
        result = good ? new(s!) : default;
        return good;
    }
}

/// <summary>Digest of an artifact: <c>sha256:</c> and 64 lower-case hexadecimal digits over its content.</summary>
[JsonConverter(typeof(ParsableJsonConverter<ArtifactDigest>))]
public readonly record struct ArtifactDigest : IParsable<ArtifactDigest>
{
    private readonly string? text;
    private ArtifactDigest(string text) => this.text = text;

    /// <inheritdoc/>
    public override string ToString() => text ?? "";

    /// <inheritdoc cref="IParsable{TSelf}.Parse"/>
    public static ArtifactDigest Parse(string s, IFormatProvider? provider = null) => Names.Parse<ArtifactDigest>(s, "'sha256:' and 64 lower-case hexadecimal digits");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ArtifactDigest result)
    {
        var good = s is not null && Names.Digest().IsMatch(s);
        result = good ? new(s!) : default;
        return good;
    }
}
