using System.Text.RegularExpressions;

namespace Flow.Reliability.Tests.Fuzz;

/// <summary>Something that reads text from outside, and what it promises.</summary>
/// <param name="Name">What it reads.</param>
/// <param name="Valid">Documents that it accepts.</param>
/// <param name="Read">Reads one; also checks what came out. Throws <see cref="FlowException"/>, what <see cref="Refusals"/> names, or nothing.</param>
internal sealed partial record FuzzedParser(string Name, IReadOnlyList<string> Valid, Action<byte[]> Read)
{
    private const int LongestMessage = 3_000;

    public FuzzedParser(string name, IReadOnlyList<string> valid, Action<string> read) : this(name, valid, bytes => read(HostileDocuments.Text(bytes)))
    {
    }

    /// <summary>Exceptions that its documentation names beside <see cref="FlowException"/>.</summary>
    public IReadOnlyList<Type> Refusals { get; init; } = [];

    /// <summary>How many documents in the normal suite.</summary>
    public int Cases { get; init; } = 4_000;

    /// <summary>What it may allocate for a document: so much, and so much for each byte of it.</summary>
    public int Fixed { get; init; } = 256 * 1024;

    /// <inheritdoc cref="Fixed"/>
    public int PerByte { get; init; } = 48;

    public long MostBytes(int length) => Fixed + ((long)PerByte * length);

    /// <summary>Null when the document was accepted, or refused as documented; otherwise what is wrong.</summary>
    public string? Try(byte[] document)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Read(document);
        }
        catch (FlowException refused)
        {
            if (!Code().IsMatch(refused.Code)) return $"'{refused.Code}' is no code.";
            if (refused.Message.Length is 0 or > LongestMessage) return $"A message of {refused.Message.Length} characters.";
            if (refused.Message.Any(c => char.IsControl(c) && c != '\n')) return $"A control character in a message: {refused.Message}";
        }
        catch (Exception refused) when (Refusals.Any(r => r.IsInstanceOfType(refused)))
        {
            // As documented.
        }
        catch (Exception broken)
        {
            return broken.ToString();
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated > MostBytes(document.Length) ? $"{allocated} bytes were allocated for a document of {document.Length}; {MostBytes(document.Length)} are allowed." : null;
    }

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    private static partial Regex Code();
}
