namespace Flow.Providers.Local.Files;

/// <summary>Symbolic links that somebody else wrote.</summary>
internal static class Links
{
    /// <summary>Longer targets are refused (PATH_MAX).</summary>
    public const int MaxTarget = 4096;

    private const int MaxHops = 40;
    private const int MaxParts = 1_000;

    /// <summary>
    /// Follows a link as the kernel would, through the given links (path to target) only, and says whether it stays below the root all the way. A look at
    /// the text is not enough: with <c>a/b -> ..</c>, the harmless looking <c>a/b/../etc</c> is outside. A link that lies behind another one does not stay
    /// inside either: whoever writes it would write where the first one leads. Nor does one that is longer to follow than any real one.
    /// </summary>
    public static bool StayInside(Dictionary<string, string> links, string link)
    {
        var known = links.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> resolved = stackalloc char[MaxTarget];
        var (length, hops, parts) = (0, 0, 0);
        var pending = new Stack<string>();
        if (!TryPush(link)) return false;
        while (pending.TryPop(out var part))
        {
            if (part is "" or ".") continue;
            if (part == "..")
            {
                if (length == 0) return false;
                length = Math.Max(0, resolved[..length].LastIndexOf('/'));
                continue;
            }
            var before = length;
            if (length + 1 + part.Length > resolved.Length) return false;
            if (length > 0) resolved[length++] = '/';
            part.CopyTo(resolved[length..]);
            length += part.Length;
            if (!known.TryGetValue(resolved[..length], out var target)) continue;
            if (hops == 0 && pending.Count > 0) return false;
            if (++hops > MaxHops || target.Length is 0 or > MaxTarget || target[0] == '/' || target.Contains('\0') || !TryPush(target)) return false;
            length = before;
        }
        return true;

        bool TryPush(string text)
        {
            var split = text.Split('/', MaxParts + 1);
            if ((parts += split.Length) > MaxParts) return false;
            foreach (var part in split.Reverse()) pending.Push(part);
            return true;
        }
    }
}
