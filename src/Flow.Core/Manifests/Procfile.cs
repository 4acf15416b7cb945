using System.Text;
using System.Text.RegularExpressions;

namespace Flow.Manifests;

/// <summary>
/// Reads a <c>Procfile</c>: one <c>type: command</c> a line, <c>#</c> comments and blank lines in between. The text is hostile: every bound is checked.
/// </summary>
public static partial class Procfile
{
    /// <summary>Largest file that is read, in bytes of UTF-8.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Longest line, in bytes of UTF-8.</summary>
    public const int MaxLineBytes = 4 * 1024;

    /// <summary>Most process types.</summary>
    public const int MaxTypes = 64;

    /// <summary>
    /// Process type to command line, in the order of their first lines. Types are case-sensitive; the commands are the user's own shell lines, trimmed.
    /// Accepts LF and CRLF, a byte order mark, a missing last newline, and white space around type and command. A file of comments only gives no types.
    /// When a type is named twice the last line wins (Heroku: its Procfile buildpack inserts line by line into a map).
    /// </summary>
    /// <exception cref="FlowException"><c>procfile-invalid</c>, permanent: names the line and the fix.</exception>
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes) throw Invalid("The Procfile", $"is larger than {MaxBytes / 1024} KiB", "move long commands into scripts of the repository");

        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        var all = text.StartsWith('\uFEFF') ? text.AsSpan(1) : text;
        // Not EnumerateLines: it also breaks at form feeds and Unicode separators, and the line numbers would differ from every editor's.
        foreach (var range in all.Split('\n'))
        {
            number++;
            var line = all[range].Trim(" \t\r");
            if (line.IsEmpty || line[0] == '#') continue;
            var (type, command) = ParseLine(line, number);
            types[type] = command;
            if (types.Count > MaxTypes) throw Invalid(At(number), $"is the {MaxTypes + 1}th process type", $"keep at most {MaxTypes}");
        }
        return types;
    }

    private static (string Type, string Command) ParseLine(ReadOnlySpan<char> line, int number)
    {
        var place = At(number);
        if (Encoding.UTF8.GetByteCount(line) > MaxLineBytes) throw Invalid(place, $"is longer than {MaxLineBytes / 1024} KiB", "move the command into a script of the repository");
        foreach (var c in line)
        {
            if (char.IsControl(c) && c != '\t') throw Invalid(place, $"holds a control character (U+{(int)c:X4})", "remove it; the file must be plain text with one process type a line");
        }

        var colon = line.IndexOf(':');
        if (colon < 0) throw Invalid(place, $"has no colon: '{HostileText.Shown(line.ToString())}'", "write 'type: command', such as 'web: ./bin/app', or start the line with # to make it a comment");

        var type = line[..colon].TrimEnd().ToString();
        if (!TypeName().IsMatch(type)) throw Invalid(place, $"does not start with a process type: '{HostileText.Shown(type)}'", "use 1 to 63 letters, digits, '-' and '_' before the colon");

        var command = line[(colon + 1)..].Trim(" \t").ToString();
        if (command.Length == 0) throw Invalid(place, $"gives '{type}' no command", $"write what to run behind '{type}:', or remove the line");
        return (type, command);
    }

    private static string At(int number) => $"Line {number} of the Procfile";

    private static FlowException Invalid(string place, string what, string fix) => new("procfile-invalid", $"{place} {what}: {fix}.");

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TypeName();
}
