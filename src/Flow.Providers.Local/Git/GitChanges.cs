using System.Text;
using Flow.Sources;
using Microsoft.Extensions.Logging;

namespace Flow.Providers.Local.Git;

/// <summary>
/// Tells which proposals change none of the files that matter: by the net difference of each head to where it left the default branch, so that what was
/// merged from there, or taken back again, does not count. What cannot be told counts as a change. One for each mirror, and so for all pipelines of a repository.
/// </summary>
internal sealed partial class GitChanges(GitMirror mirror, TimeProvider time, ILogger logger) : IDisposable
{
    // Far more than a listing can hold; what is listed no more goes earlier.
    private const int MostKept = 50_000;

    // What cannot be fetched or read must not cost every look a fetch.
    private static readonly TimeSpan TryAgain = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Dictionary<(CommitSha Main, CommitSha Head), CommitSha?> forks = [];
    private readonly Dictionary<(CommitSha Fork, CommitSha Head, string Paths), bool> untouched = [];
    private readonly Dictionary<CommitSha, long> untold = [];

    /// <summary>The proposals with <see cref="Proposal.Untouched"/>. Costs nothing when all heads were judged before.</summary>
    public async Task<IReadOnlyList<Proposal>> JudgeAsync(SourceListing listing, CommitSha main, IReadOnlyList<IReadOnlyList<string>> pathspecs, CancellationToken cancellationToken)
    {
        var paths = string.Join("\n\n", pathspecs.Select(list => string.Join('\n', list)));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var listed = listing.Branches.Values.Concat(listing.Proposals.Select(p => p.Head.Sha)).ToHashSet();
            Forget(listed);
            var unjudged = listing.Proposals.Select(p => p.Head).OrderByDescending(h => h.Trust).DistinctBy(h => h.Sha).Where(h => !IsJudged(main, h.Sha, paths) && !untold.ContainsKey(h.Sha)).ToList();
            if (unjudged.Count > 0) await JudgeAsync(unjudged, listed, main, pathspecs, paths, cancellationToken).ConfigureAwait(false);
            return [.. listing.Proposals.Select(p => p with { Untouched = forks.GetValueOrDefault((main, p.Head.Sha)) is { } fork && untouched.GetValueOrDefault((fork, p.Head.Sha, paths)) })];
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task JudgeAsync(List<Revision> heads, HashSet<CommitSha> listed, CommitSha main, IReadOnlyList<IReadOnlyList<string>> pathspecs, string paths, CancellationToken cancellationToken)
    {
        try
        {
            var held = await SeeAsync(heads, listed, main, cancellationToken).ConfigureAwait(false);
            foreach (var head in held.Contains(main) ? heads.Select(h => h.Sha).Where(held.Contains) : [])
            {
                if (!forks.TryGetValue((main, head), out var fork)) fork = await ForkAsync(main, head, cancellationToken).ConfigureAwait(false);
                if (fork is not null && !untouched.ContainsKey((fork.Value, head, paths))) await CompareAsync(fork.Value, head, pathspecs, paths, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (FlowException trouble)
        {
            // The listing itself is whole.
            LogUntold(logger, mirror.Url.Value, trouble.Message);
        }
        foreach (var head in heads.Where(h => !IsJudged(main, h.Sha, paths))) untold[head.Sha] = time.GetTimestamp();
    }

    /// <summary>One fetch for all; a second one without strangers only when the first failed: what they sent may be impossible to fetch, and must not hide what the others change.</summary>
    private async Task<IReadOnlySet<CommitSha>> SeeAsync(List<Revision> heads, HashSet<CommitSha> listed, CommitSha main, CancellationToken cancellationToken)
    {
        CommitSha[] all = [main, .. heads.Select(h => h.Sha)], vouched = [main, .. heads.Where(h => h.Trust == Trust.Trusted).Select(h => h.Sha)];
        try
        {
            var held = await mirror.SeeAsync(all, listed, cancellationToken).ConfigureAwait(false);
            if (vouched.Length == all.Length || vouched.All(held.Contains)) return held;
        }
        catch (FlowException trouble) when (vouched.Length < all.Length)
        {
            LogUntold(logger, mirror.Url.Value, trouble.Message);
        }
        return await mirror.SeeAsync(vouched, listed, cancellationToken).ConfigureAwait(false);
    }

    private bool IsJudged(CommitSha main, CommitSha head, string paths) => forks.TryGetValue((main, head), out var fork) && (fork is null || untouched.ContainsKey((fork.Value, head, paths)));

    /// <summary>Null: they have nothing in common, or it could not be told.</summary>
    private async Task<CommitSha?> ForkAsync(CommitSha main, CommitSha head, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var result = await mirror.ReadAsync(["merge-base", "--end-of-options", $"{main}", $"{head}"], GitOutput.Beginning(output, 100), cancellationToken).ConfigureAwait(false);
        if (result.ExitCode == 1) return forks[(main, head)] = null;
        if (!result.Ok || !CommitSha.TryParse(Encoding.ASCII.GetString(output.ToArray()).Trim(), null, out var fork)) return null;
        return forks[(main, head)] = fork;
    }

    private async Task CompareAsync(CommitSha fork, CommitSha head, IReadOnlyList<IReadOnlyList<string>> pathspecs, string paths, CancellationToken cancellationToken)
    {
        foreach (var list in pathspecs)
        {
            var result = await mirror.ReadAsync(["diff-tree", "--quiet", "-r", "--no-renames", "--no-ext-diff", "--end-of-options", $"{fork}", $"{head}", "--", .. list],
                static (stream, ct) => stream.CopyToAsync(Stream.Null, ct), cancellationToken, pathspecs: true).ConfigureAwait(false);
            if (result.ExitCode == 1) untouched[(fork, head, paths)] = false;
            if (!result.Ok) return; // more than 1 is trouble: not told
        }
        untouched[(fork, head, paths)] = true;
    }

    private void Forget(HashSet<CommitSha> listed)
    {
        foreach (var key in forks.Keys.Where(k => !listed.Contains(k.Main) || !listed.Contains(k.Head)).ToList()) forks.Remove(key);
        foreach (var key in untouched.Keys.Where(k => !listed.Contains(k.Head)).ToList()) untouched.Remove(key);
        foreach (var (head, since) in untold.ToList())
            if (!listed.Contains(head) || time.GetElapsedTime(since) >= TryAgain) untold.Remove(head);
        if (untouched.Count > MostKept) untouched.Clear();
        if (forks.Count > MostKept) forks.Clear();
    }

    [LoggerMessage(4152, LogLevel.Warning, "What proposals of {Url} change is not known now: {Reason}")]
    private static partial void LogUntold(ILogger logger, string url, string reason);
}
