using System.Text;

namespace Flow.Manifests;

/// <summary>
/// Reads <c>app.json</c>: strict where a mistake would change an app, tolerant where the meaning is clear (comments, trailing commas, <c>"required": "true"</c>: each told as a warning).
/// The text is hostile: every bound is checked, and the work is linear in its length.
/// </summary>
public static class AppJson
{
    /// <summary>Name of the file, in the root of the code.</summary>
    public const string FileName = "app.json";

    /// <summary>Largest file that is read, in bytes of UTF-8.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>The file, with what it says for each stage.</summary>
    /// <exception cref="FlowException"><c>app-json-invalid</c>, permanent: names all errors at once (the first 20), each with line, column, JSON path and the fix; of a file that is no JSON the first place.</exception>
    public static AppJsonFile Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            throw new FlowException("app-json-invalid", $"{FileName} is larger than {MaxBytes / 1024} KiB: move long texts and scripts into files of the repository.");
        }

        var utf8 = Encoding.UTF8.GetBytes(text.StartsWith('\uFEFF') ? text[1..] : text);
        var findings = new ManifestFindings(utf8);
        var root = new ManifestJson(utf8, findings).Read();
        var file = root is null ? null : new ManifestReader(findings).File(root);
        findings.ThrowIfWrong();
        return file!;
    }
}
