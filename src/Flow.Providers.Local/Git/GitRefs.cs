using System.IO.Enumeration;
using Flow.Providers.Local.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Git;

/// <summary>From the output of <c>git ls-remote</c> to a listing. Pure; names of refs are hostile text.</summary>
internal static class GitRefs
{
    public const int Max = 5_000;

    private const string Heads = "refs/heads/";
    private const string Pulls = "refs/pull/";
    private const string PullHead = "/head";

    public static SourceListing Read(SourceRepository repository, string url, string output)
    {
        var branches = new Dictionary<string, CommitSha>(StringComparer.Ordinal);
        var pulls = new SortedDictionary<long, CommitSha>();
        foreach (var line in output.Split('\n'))
        {
            var tab = line.IndexOf('\t');
            if (tab < 0 || !CommitSha.TryParse(line[..tab], null, out var sha)) continue;
            var name = line[(tab + 1)..];
            if (name.StartsWith(Heads, StringComparison.Ordinal) && IsSafe(name[Heads.Length..])) branches[name[Heads.Length..]] = sha;
            else if (PullNumber(name) is { } number) pulls[number] = sha;
        }

        if (branches.Count > Max || pulls.Count > Max)
        {
            throw new FlowException("listing-too-large",
                $"{url} has {branches.Count} branches and {pulls.Count} pull-request refs; at most {Max} of each are handled: delete branches that are done, or use the provider of the source host, which lists open pull requests only.");
        }
        RequireDefaultBranch(repository, url, branches);
        return new() { Branches = branches, Proposals = [.. PullRequests(repository, pulls), .. ProposalBranches(repository, url, branches)] };
    }

    /// <summary>Can be shown and handed to git without being taken for an option; git itself refuses to create others.</summary>
    private static bool IsSafe(string branch) => branch.Length is > 0 and <= 500 && branch[0] != '-' && !branch.Any(c => char.IsControl(c) || c == '\uFFFD');

    private static long? PullNumber(string name)
    {
        if (!name.StartsWith(Pulls, StringComparison.Ordinal) || !name.EndsWith(PullHead, StringComparison.Ordinal)) return null;
        var digits = name.AsSpan(Pulls.Length, Math.Max(0, name.Length - Pulls.Length - PullHead.Length));
        if (digits.Length is 0 or > 18 || digits[0] == '0' || digits.ContainsAnyExceptInRange('0', '9')) return null;
        return long.Parse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void RequireDefaultBranch(SourceRepository repository, string url, Dictionary<string, CommitSha> branches)
    {
        var wanted = repository.DefaultBranch;
        if (branches.ContainsKey(wanted)) return;
        if (branches.Count == 0)
        {
            throw new FlowException("branch-missing", $"{url} has no branches yet: commit something and push it, for example with 'git push {url} HEAD:{wanted}'.");
        }
        var some = string.Join(", ", branches.Keys.Order(StringComparer.Ordinal).Take(10).Select(b => HostileText.Shown(b, 60)));
        throw new FlowException("branch-missing",
            $"{url} has no branch '{HostileText.Shown(wanted, 60)}'. It has: {some}{(branches.Count > 10 ? $" and {branches.Count - 10} more" : "")}. Set the pipeline's default branch to one of these, or push '{HostileText.Shown(wanted, 60)}'.");
    }

    private static IEnumerable<Proposal> PullRequests(SourceRepository repository, SortedDictionary<long, CommitSha> pulls) => pulls.Select(pull => new Proposal
    {
        Key = $"pr-{pull.Key}",
        Number = pull.Key <= int.MaxValue ? (int)pull.Key : null,
        Title = $"Pull request {pull.Key}",
        Head = new() { Sha = pull.Value, Ref = $"{Pulls}{pull.Key}{PullHead}", Trust = repository.TrustPullRequestRefs ? Trust.Trusted : Trust.Untrusted },
    });

    private static List<Proposal> ProposalBranches(SourceRepository repository, string url, Dictionary<string, CommitSha> branches)
    {
        var proposals = new List<Proposal>();
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (branch, sha) in branches.OrderBy(b => b.Key, StringComparer.Ordinal))
        {
            // The default branch is what proposals are made against.
            if (branch == repository.DefaultBranch || !repository.ProposalBranches.Any(glob => FileSystemName.MatchesSimpleExpression(glob, branch, ignoreCase: false))) continue;
            var key = ProposalKey.For(branch);
            if (!keys.TryAdd(key, branch))
            {
                throw new FlowException("proposal-key-taken", $"The branches '{HostileText.Shown(keys[key], 60)}' and '{HostileText.Shown(branch, 60)}' of {url} would both be called '{key}': rename one.");
            }
            proposals.Add(new() { Key = key, Title = HostileText.Shown(branch, 200), Branch = HostileText.Cut(branch, 200), Head = new() { Sha = sha, Ref = Heads + branch, Trust = Trust.Trusted } });
        }
        return proposals;
    }
}
