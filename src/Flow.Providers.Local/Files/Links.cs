namespace Flow.Providers.Local.Files;

/// <summary>Symbolic links that somebody else wrote.</summary>
internal static class Links
{
    /// <summary>Longer targets are refused (PATH_MAX).</summary>
    public const int MaxTarget = 4096;

    private const int MaxHops = 40;

    /// <summary>
    /// Follows a path as the kernel would, through the given links (path to target) only, and says whether it stays below the root all the way. A look at
    /// the text is not enough: with <c>a/b -> ..</c>, the harmless looking <c>a/b/../etc</c> is outside.
    /// </summary>
    public static bool StayInside(IReadOnlyDictionary<string, string> links, string path)
    {
        var resolved = new List<string>();
        var pending = new Stack<string>();
        Push(path);
        for (var hops = 0; pending.TryPop(out var part);)
        {
            if (part is "" or ".") continue;
            if (part == "..")
            {
                if (resolved.Count == 0) return false;
                resolved.RemoveAt(resolved.Count - 1);
                continue;
            }
            resolved.Add(part);
            if (!links.TryGetValue(string.Join('/', resolved), out var target)) continue;
            if (++hops > MaxHops || target.Length is 0 or > MaxTarget || target[0] == '/' || target.Contains('\0')) return false;
            resolved.RemoveAt(resolved.Count - 1);
            Push(target);
        }
        return true;

        void Push(string text)
        {
            foreach (var part in text.Split('/').Reverse()) pending.Push(part);
        }
    }
}
