using System.Buffers;
using System.Text;

namespace Flow.Secrets;

/// <summary>
/// Knows the values that must not be seen, and replaces them in text that streams by: an Aho-Corasick automaton over UTF-8 bytes, linear in the
/// text whatever an app prints. Immutable; <see cref="OpenStream"/> gives each stream its own state.
/// </summary>
/// <remarks>
/// Masked are the values and each line of a value of several lines: as they are, trimmed, and (up to 4,096 characters) in base64 at any alignment, in
/// hexadecimal, URL-escaped and JSON-escaped. Occurrences that overlap vanish together. Values and lines shorter than <see cref="MinimumLength"/>
/// characters are left out: <c>1</c> or <c>on</c> would make every log unreadable without hiding anything; whoever takes in secrets asks
/// <see cref="IsMaskable"/> and refuses, or says so. Other transformations (encryption, compression, reversal) are other values.
/// </remarks>
public sealed class SecretMasker
{
    /// <summary>Shortest value that is masked, in characters.</summary>
    public const int MinimumLength = 4;

    /// <summary>What stands in place of a value.</summary>
    public const string Mask = "[masked]";

    private readonly SecretAutomaton? automaton;

    /// <summary>Learns the values; those that cannot be masked are left out.</summary>
    public SecretMasker(IEnumerable<string> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        var patterns = secrets.SelectMany(SecretForms.Of).Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes).ToArray();
        automaton = patterns.Length == 0 ? null : new(patterns);
    }

    /// <summary>Whether at least one line of the value is long enough to be masked.</summary>
    public static bool IsMaskable(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return SecretForms.Plain(value).Any();
    }

    /// <summary>State for one stream of bytes. Not thread-safe.</summary>
    public SecretMaskingStream OpenStream() => new(automaton);

    /// <summary>Masks a whole text.</summary>
    public string Apply(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (automaton is null || text.Length == 0) return text;
        var stream = OpenStream();
        var output = new ArrayBufferWriter<byte>(text.Length + 16);
        stream.Write(Encoding.UTF8.GetBytes(text), output);
        stream.Flush(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
