using System.Globalization;
using System.Text;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Git;

/// <summary>What is read of a commit: tree, seconds since 1970, author and subject, with NUL in between. The last two are hostile text.</summary>
internal sealed record GitCommit(string TreeId, DateTime Committed, string Author, string Subject)
{
    // 1980 to 2100: what every file system and archive can hold.
    private const long Earliest = 315_532_800, Latest = 4_102_444_800;

    /// <summary>Null when it is no commit.</summary>
    public static GitCommit? Parse(ReadOnlySpan<byte> output)
    {
        var parts = Encoding.UTF8.GetString(output).Split('\0', 4);
        if (parts.Length < 3 || !CommitSha.TryParse(parts[0], null, out _)) return null;
        var seconds = long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var read) ? Math.Clamp(read, Earliest, Latest) : Earliest;
        return new(parts[0], DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime, Line(parts[2], 100), Line(parts.ElementAtOrDefault(3) ?? "", 200));
    }

    private static string Line(string text, int max) => HostileText.Cut(text.Split('\n', 2)[0].Trim(), max);
}
