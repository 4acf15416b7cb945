using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Flow.Engine;

/// <summary>The unit of consistency, order and ownership: <c>app/shop-staging</c>, <c>run/shop-staging-12</c>.</summary>
/// <param name="Kind">Which decider: lower-case letters.</param>
/// <param name="Key">Which one of that kind.</param>
[JsonConverter(typeof(ParsableJsonConverter<StreamId>))]
public readonly record struct StreamId(string Kind, string Key) : IParsable<StreamId>
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Key}";

    /// <inheritdoc cref="IParsable{TSelf}.Parse"/>
    public static StreamId Parse(string s, IFormatProvider? provider = null) => Names.Parse<StreamId>(s, "KIND/KEY");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out StreamId result)
    {
        var slash = s?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        result = slash > 0 && slash < s!.Length - 1 ? new(s[..slash], s[(slash + 1)..]) : default;
        return result != default;
    }
}
