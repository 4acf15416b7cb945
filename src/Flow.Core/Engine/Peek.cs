using System.Text.Json;

namespace Flow.Engine;

/// <summary>Looks into stored JSON without reading it all: at each start, ten thousand apps are asked whether they run at all.</summary>
internal static class Peek
{
    /// <summary>Whether the object has one of these properties; what is unset is not written. True when it cannot be told: the reader will say why.</summary>
    public static bool HasAny(ReadOnlySpan<byte> json, ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals(one) || reader.ValueTextEquals(other)) return true;
                reader.Skip();
            }
            return false;
        }
        catch (JsonException) { return true; }
    }
}
