using System.Collections.Concurrent;
using System.Text;
using Flow.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace Flow.Providers.Local.Git;

/// <summary>Any repository that the git command line can read: heads, <c>refs/pull/N/head</c>, and trees out of a mirror per URL.</summary>
internal sealed class GitSourceProvider : ISourceProvider, IDisposable
{
    public const int MaxListing = 8 * 1024 * 1024;

    private readonly ConcurrentDictionary<string, GitMirror> mirrors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, GitChanges> changes = new(StringComparer.Ordinal);
    private readonly GitRunner git;
    private readonly TimeProvider time;
    private readonly GitOptions options;
    private readonly ILogger logger;
    private readonly ResiliencePipeline retries;

    public GitSourceProvider(IOptions<LocalOptions> local, IOptions<GitOptions> options, TimeProvider time, ILogger<GitSourceProvider> logger)
    {
        git = new(local, time);
        this.time = time;
        this.options = options.Value;
        this.logger = logger;
        retries = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                // Not after a timeout: the engine tries again later, and meanwhile other work goes on.
                ShouldHandle = new PredicateBuilder().Handle<FlowException>(e => e is { Transient: true, Code: "source-unreachable" }),
                MaxRetryAttempts = 2,
                Delay = this.options.RetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
    }

    public async ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var url = GitUrl.Parse(repository.Url);
        var pathspecs = GitPathspecs.Of(repository);
        var output = await retries.ExecuteAsync(async ct => await ListAsync(url, ct).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var listing = GitRefs.Read(repository, url.Value, output);
        if (pathspecs.Count == 0 || listing.Proposals.Count == 0) return listing;
        var main = listing.Branches[repository.DefaultBranch];
        var mirror = MirrorOf(url, main);
        return listing with { Proposals = await changes.GetOrAdd(mirror.Directory, _ => new(mirror, time, logger)).JudgeAsync(listing, main, pathspecs, cancellationToken).ConfigureAwait(false) };
    }

    public async ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(repository);
        if (commit == default) throw new ArgumentException("The commit is not set.", nameof(commit));
        var url = GitUrl.Parse(repository.Url);
        var root = GitPaths.NormalizeRoot(repository.RootFolder);
        var mirror = MirrorOf(url, commit);
        await retries.ExecuteAsync(async ct => await mirror.RequireAsync(commit, ct).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return await GitTree.OpenAsync(mirror, commit, root, options, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var judge in changes.Values) judge.Dispose();
        foreach (var mirror in mirrors.Values) mirror.Dispose();
    }

    private GitMirror MirrorOf(GitUrl url, CommitSha commit)
    {
        var objectFormat = commit.ToString().Length == 64 ? "sha256" : "sha1";
        return mirrors.GetOrAdd(url.Hash(objectFormat), _ => new GitMirror(url, objectFormat, git, options.FetchTimeout, logger));
    }

    private async Task<string> ListAsync(GitUrl url, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var result = await git.RunAsync(new()
        {
            Arguments = ["ls-remote", "--quiet", "--end-of-options", url.Value, "refs/heads/*", "refs/pull/*/head"],
            Remote = url,
            Output = GitOutput.All(output, MaxListing, () => new FlowException("listing-too-large",
                $"{url} lists more than {MaxListing / 1024 / 1024} MiB of refs: delete branches that are done, or use the provider of the source host.")),
            Timeout = options.ListTimeout,
        }, cancellationToken).ConfigureAwait(false);
        if (!result.Ok) throw GitTrouble.Remote(url, result.Error);
        return Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length);
    }
}
