using System.Text.RegularExpressions;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Git;

/// <summary>What git's complaints mean. Its texts are asked for in English (<c>LC_ALL=C</c>); what is not recognised counts as passing trouble.</summary>
internal static partial class GitTrouble
{
    public static FlowException Remote(GitUrl url, string error)
    {
        var detail = Detail(error);
        if (Disk().IsMatch(error)) return new("data-directory-full", $"The data directory cannot be written: make room on its disk. ({detail})", transient: true);
        if (Forbidden().IsMatch(error)) return new("source-url-invalid", $"git may not use the protocol of {url}: use https, ssh, git, file or a path. ({detail})");
        if (Denied().IsMatch(error))
        {
            return new("repository-missing", $"{url} does not exist, or this host may not read it: check the URL, and give the host's user access (an ssh key without a passphrase in its agent, or ~/.netrc). ({detail})");
        }
        if (Missing().IsMatch(error)) return new("repository-missing", $"There is no git repository at {url}: check the URL. ({detail})");
        return new("source-unreachable", $"{url} cannot be reached now: check the network and the source host; Flow tries again by itself. ({detail})", transient: true);
    }

    public static FlowException Timeout(GitUrl url, TimeSpan timeout) => new("source-timeout",
        $"{url} did not answer in full within {timeout.TotalSeconds:0} s: check the network, or raise Flow:Git:ListTimeout or FetchTimeout; Flow tries again by itself.", transient: true);

    /// <summary>Something about the mirror on disk, not about the remote: it is made anew.</summary>
    public static bool IsAboutMirror(string error) => !Disk().IsMatch(error) && Mirror().IsMatch(error);

    /// <summary>The remote was reached and does not hand out this commit.</summary>
    public static bool IsAboutRevision(string error) => Revision().IsMatch(error);

    /// <summary>The telling line of hostile text: bounded, without control characters and credentials.</summary>
    public static string Detail(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = lines.FirstOrDefault(l => l.StartsWith("fatal:", StringComparison.Ordinal)) ?? lines.LastOrDefault() ?? "git gave no reason";
        return HostileText.Shown(Credentials().Replace(line, "://"), 200);
    }

    [GeneratedRegex("transport '.*' not allowed|unable to find remote helper|protocol '.*' is not supported|strange (hostname|pathname)", RegexOptions.CultureInvariant)]
    private static partial Regex Forbidden();

    [GeneratedRegex("could not read (Username|Password)|Authentication failed|Permission denied|access denied|Host key verification failed|returned error: 40[13]", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Denied();

    [GeneratedRegex("repository( '.*')? not found|does not appear to be a git repository|not a git repository|repository '.*' does not exist|no such (repository|project)|returned error: 404", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Missing();

    [GeneratedRegex(@"\.lock': File exists|cannot lock ref|unable to (create|write) |object file .* is empty|is corrupt|bad object|inflate:|packfile .* (cannot|is)|refs/flow/.*: not a valid|broken|missing (blob|tree|commit)", RegexOptions.CultureInvariant)]
    private static partial Regex Mirror();

    [GeneratedRegex("not our ref|unadvertised object|couldn't find remote ref|no such remote ref|did not send all necessary objects", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Revision();

    [GeneratedRegex("No space left on device|Disk quota exceeded|Read-only file system", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Disk();

    [GeneratedRegex("://[^/@ ]*@", RegexOptions.CultureInvariant)]
    private static partial Regex Credentials();
}
