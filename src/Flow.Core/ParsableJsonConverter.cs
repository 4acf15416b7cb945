using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Flow;

/// <summary>Writes an id as the string it parses from, also where it is a dictionary key.</summary>
internal sealed class ParsableJsonConverter<T> : JsonConverter<T> where T : struct, IParsable<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString()!);

    private static T Parse(string? text) => T.TryParse(text, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw new JsonException($"'{HostileText.Shown(text)}' is not a {typeof(T).Name}.");
}
