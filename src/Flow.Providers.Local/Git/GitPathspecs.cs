using Flow.Providers.Local.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Git;

/// <summary>
/// The files that matter to a pipeline, as git takes them after <c>--</c>. Of globs the last one that matches decides; git's exclusions know no order, so there
/// is one list for each row of globs between exclusions, and a file matters that one of the lists names. Where git cannot say the same, it says more: what is
/// not certain counts as a change.
/// </summary>
internal static class GitPathspecs
{
    private const int Most = 200, Longest = 1_000;

    /// <summary>Empty: all files matter.</summary>
    /// <exception cref="FlowException"><c>paths-invalid</c> or <c>root-folder-invalid</c>, permanent: names what is wrong and the fix.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Of(SourceRepository repository)
    {
        if (repository.Paths.Count == 0) return GitPaths.NormalizeRoot(repository.RootFolder) is { } root ? [[$":(literal){root}/"]] : [];
        if (repository.Paths.Count > Most) throw new FlowException("paths-invalid", $"The pipeline names {repository.Paths.Count} paths; at most {Most} are handled: use wider globs, such as 'services/**'.");

        var lists = new List<IReadOnlyList<string>>();
        List<string> row = [], excluded = [];
        foreach (var glob in repository.Paths.Reverse())
        {
            if (glob.StartsWith('!'))
            {
                Close();
                excluded.AddRange(Written(glob, glob[1..], exclude: true));
            }
            else row.AddRange(Written(glob, glob, exclude: false));
        }
        Close();
        // Nothing but exclusions: all other files.
        return lists.Count > 0 ? lists : [[":(glob)**", .. excluded]];

        void Close()
        {
            if (row.Count > 0) lists.Add([.. row, .. excluded]);
            row = [];
        }
    }

    private static IEnumerable<string> Written(string glob, string path, bool exclude)
    {
        var names = path.TrimEnd('/');
        if (path.Length > Longest || path.Any(c => char.IsControl(c) || c == '\\') || !GitPaths.IsSafe(names))
        {
            throw new FlowException("paths-invalid", $"The path '{HostileText.Shown(glob)}' is no glob of files inside a repository: write it relative to the top, with '/' and without '..', such as 'services/api/**'; '!' first takes out again.");
        }
        // A question mark is a character to people, and a byte to git.
        var text = names.Replace("[", "\\[", StringComparison.Ordinal).Replace("?", exclude ? "[ -~]" : "*", StringComparison.Ordinal);
        var magic = exclude ? ":(exclude,glob)" : ":(glob)";
        var last = names[(names.LastIndexOf('/') + 1)..];
        if (last == "**") return [$"{magic}{text}"];
        if (path.EndsWith('/')) return [$"{magic}{text}/**"];
        return last.AsSpan().ContainsAny('*', '?') ? [$"{magic}{text}"] : [$"{magic}{text}", $"{magic}{text}/**"];
    }
}
