using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Flow.Pipelines;
using Flow.Sources;

namespace Flow.ReviewApps;

/// <summary>Key of a branch's review app: the branch's name where that is a label; otherwise what is left of it and a hash, so that no two branches meet.</summary>
internal static partial class BranchKey
{
    private const int Longest = 30;
    private const int HashDigits = 8;

    /// <summary>A branch that counts as a proposal keeps the key that it has.</summary>
    public static string In(PipelineState pipeline, string branch)
    {
        var reference = $"refs/heads/{branch}";
        return pipeline.Proposals.FirstOrDefault(p => p.Value.Proposal.Head is { Trust: Trust.Trusted } head && head.Ref == reference).Key ?? Of(branch);
    }

    public static string Of(string branch)
    {
        if (Label().IsMatch(branch) && !Taken().IsMatch(branch)) return branch;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(branch)))[..HashDigits];
        var left = Strange().Replace(branch.ToLowerInvariant(), "-").Trim('-');
        left = (left.Length > Longest - HashDigits - 1 ? left[..(Longest - HashDigits - 1)] : left).TrimEnd('-');
        return left.Length == 0 ? $"b-{hash}" : $"{left}-{hash}";
    }

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label();

    /// <summary>Keys of numbered proposals, and hashed ones: a branch "pr-7" must not wait to meet pull request 7.</summary>
    [GeneratedRegex(@"((\A|-)[0-9]+|-[0-9a-f]{8})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Taken();

    [GeneratedRegex(@"[^a-z0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Strange();
}
