using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Git;

/// <summary>Paths inside a repository: hostile when they come from it.</summary>
internal static class GitPaths
{
    /// <summary>Null for the top.</summary>
    public static string? NormalizeRoot(string? folder)
    {
        var root = folder?.Trim().Trim('/');
        if (string.IsNullOrEmpty(root) || root == ".") return null;
        if (!IsSafe(root) || root.Any(char.IsControl))
        {
            throw new FlowException("root-folder-invalid", $"The root folder '{HostileText.Shown(folder!)}' is no folder inside a repository: write it relative to the top, with '/' and without '..', such as 'src/shop'.");
        }
        return root;
    }

    /// <summary>Relative, without <c>..</c>, and nothing that git would read as its own.</summary>
    public static bool IsSafe(string path)
    {
        if (path.Length is 0 or > 4000) return false;
        foreach (var range in path.AsSpan().Split('/'))
        {
            var part = path.AsSpan(range);
            if (part.IsEmpty || part is "." or ".." || part.Contains('\0') || part.Equals(".git", StringComparison.OrdinalIgnoreCase)) return false;
            // A backslash is a letter here and a separator on Windows.
            if (OperatingSystem.IsWindows() && part.ContainsAny("\\:")) return false;
        }
        return true;
    }
}
