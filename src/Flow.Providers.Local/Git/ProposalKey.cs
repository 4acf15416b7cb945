using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Flow.Providers.Local.Git;

/// <summary>Names the proposal of a branch: a DNS label of at most 30 characters, stable, and different for different branches.</summary>
internal static partial class ProposalKey
{
    private const int Max = 30;
    private const int HashDigits = 8;

    /// <summary>
    /// The branch itself where it is such a label already; otherwise what can be kept of it and a short hash of all of it. A branch that looks like a pull
    /// request or like such a hashed name is hashed too, so that it takes nobody's place.
    /// </summary>
    public static string For(string branch)
    {
        if (Label().IsMatch(branch) && !Reserved().IsMatch(branch)) return branch;
        var slug = NotLabel().Replace(branch.ToLowerInvariant(), "-").Trim('-');
        if (slug.Length > Max - 1 - HashDigits) slug = slug[..(Max - 1 - HashDigits)].TrimEnd('-');
        if (slug.Length == 0) slug = "branch";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(branch)))[..HashDigits];
        return $"{slug}-{hash}";
    }

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label();

    [GeneratedRegex(@"\A(pr-[0-9]+|.*-[0-9a-f]{8})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Reserved();

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex NotLabel();
}
