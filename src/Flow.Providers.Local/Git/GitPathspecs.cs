using Flow.Providers.Local.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Git;

/// <summary>The files that matter to a pipeline, as git takes them after <c>--</c>.</summary>
internal static class GitPathspecs
{
    private const int Most = 200, Longest = 1_000;

    /// <summary>Empty: all files matter. A glob that names a folder means all of it, <c>*</c> stays within one folder, and what is taken out stays out whatever the order.</summary>
    /// <exception cref="FlowException"><c>paths-invalid</c> or <c>root-folder-invalid</c>, permanent: names what is wrong and the fix.</exception>
    public static IReadOnlyList<string> Of(SourceRepository repository)
    {
        if (repository.Paths.Count == 0) return GitPaths.NormalizeRoot(repository.RootFolder) is { } root ? [$":(literal){root}/"] : [];
        if (repository.Paths.Count > Most) throw new FlowException("paths-invalid", $"The pipeline names {repository.Paths.Count} paths; at most {Most} are handled: use wider globs, such as 'services/**'.");
        return [.. repository.Paths.Select(glob => glob.StartsWith('!') ? $":(exclude,glob){Checked(glob, glob[1..])}" : $":(glob){Checked(glob, glob)}")];
    }

    private static string Checked(string glob, string path) => path.Length <= Longest && !path.Any(char.IsControl) && GitPaths.IsSafe(path.TrimEnd('/')) ? path
        : throw new FlowException("paths-invalid", $"The path '{HostileText.Shown(glob)}' is no glob of files inside a repository: write it relative to the top, with '/' and without '..', such as 'services/api/**'; '!' first takes out again.");
}
