using System.Globalization;
using System.Text;

namespace Flow.Reliability.Tests.Hostile;

/// <summary>The payloads of <c>payloads.txt</c>; every place that takes text from outside gets all of them.</summary>
internal static class Corpus
{
    public const string Canary = "flow-canary";

    private static readonly string[] Lines = Read();

    public static int Count => Lines.Length;

    /// <summary>With the canary as a path of a directory.</summary>
    public static string[] For(string directory) => [.. Lines.Select(p => p.Replace("CANARY", Path.Combine(directory, Canary), StringComparison.Ordinal))];

    /// <summary>With the canary as a bare name, where a slash would change what is tried.</summary>
    public static string[] Bare() => [.. Lines.Select(p => p.Replace("CANARY", Canary, StringComparison.Ordinal))];

    /// <summary>No payload got what it wanted, anywhere below these directories or where this program runs.</summary>
    public static void IsUntouched(params string[] directories)
    {
        foreach (var directory in directories.Append(Environment.CurrentDirectory))
        {
            Directory.EnumerateFileSystemEntries(directory, Canary, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true }).Should().BeEmpty("nothing hostile is ever run");
        }
        File.Exists(Path.Combine(Path.GetTempPath(), Canary)).Should().BeFalse();
    }

    /// <summary>A program, as far as the disk is concerned.</summary>
    public static void MakeExecutable(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string[] Read()
    {
        using var text = new StreamReader(typeof(Corpus).Assembly.GetManifestResourceStream("payloads.txt")!, Encoding.UTF8);
        return [.. text.ReadToEnd().Split('\n').Where(l => l.Length > 0 && l.Contains('\t')).Select(l => Unescape(l[(l.IndexOf('\t') + 1)..])).Distinct()];
    }

    private static string Unescape(string text)
    {
        var read = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                read.Append(text[i]);
                continue;
            }
            read.Append(text[++i] switch
            {
                'e' => '\u001b', 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', '0' => '\0', '\\' => '\\',
                'u' => (char)int.Parse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                var other => throw new FormatException($"\\{other} in '{text}'"),
            });
            if (text[i] == 'u') i += 4;
        }
        return read.ToString();
    }
}
