using System.Globalization;
using System.Text;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Git;

/// <summary>One file of a tree, as <c>git ls-tree -l -z</c> says it: <c>MODE TYPE ID SIZE</c>, a tab and the path.</summary>
internal readonly record struct GitEntry(string Mode, string Id, long Size, string Path)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public bool IsSubmodule => Mode == "160000";
    public bool IsLink => Mode == "120000";
    public bool IsExecutable => Mode == "100755";

    /// <exception cref="FlowException"><c>tree-invalid</c>, permanent: names the file and the fix.</exception>
    public static GitEntry Parse(ReadOnlySpan<byte> record, string repository)
    {
        var tab = record.IndexOf((byte)'\t');
        var head = tab < 0 ? [] : Encoding.ASCII.GetString(record[..tab]).Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
        if (head.Length != 4 || !CommitSha.TryParse(head[2], null, out _)) throw new FlowException("tree-invalid", $"git lists the files of {repository} in a way that Flow does not understand: install git 2.30 or newer.");
        var path = PathOf(record[(tab + 1)..]);
        if (!GitPaths.IsSafe(path))
        {
            throw new FlowException("tree-invalid", $"{repository} holds a file whose name cannot be written to disk safely: '{HostileText.Shown(Encoding.UTF8.GetString(record[(tab + 1)..]))}'. Rename it (UTF-8, no '..', no '.git').");
        }
        return new(head[0], head[2], long.TryParse(head[3], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0, path);
    }

    /// <summary>Empty when it is no text.</summary>
    private static string PathOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return "";
        }
    }
}

/// <summary>What stands at a path, as <c>git cat-file --batch-check</c> says it.</summary>
internal readonly record struct GitFound(string Id, string Type, long Size)
{
    /// <summary>Null: nothing does.</summary>
    public static GitFound? Parse(ReadOnlySpan<byte> answer)
    {
        var parts = Encoding.UTF8.GetString(answer).TrimEnd('\n').Split(' ', 4);
        return parts.Length == 3 && CommitSha.TryParse(parts[0], null, out _) && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? new(parts[0], parts[1], size)
            : null;
    }
}
