using System.Text;
using CliWrap;
using Flow.Providers.Local.Files;
using Microsoft.Extensions.Logging;

namespace Flow.Providers.Local.Git;

/// <summary>
/// The bare copy of one repository on this disk. A commit counts as present when a ref of ours names it: git writes that ref only after it has seen all of
/// the commit's objects, and never collects them while it stands.
/// </summary>
internal sealed partial class GitMirror(GitUrl url, string objectFormat, GitRunner git, TimeSpan fetchTimeout, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);

    public GitUrl Url => url;

    public string Directory { get; } = Path.Combine(git.Home, url.Hash(objectFormat));

    /// <summary>After it the commit with all its files is on this disk. Asks the remote only when it is not.</summary>
    public async Task RequireAsync(CommitSha commit, CancellationToken cancellationToken)
    {
        // What is there already never waits for a fetch of something else.
        if (await HasAsync(commit, cancellationToken).ConfigureAwait(false)) return;
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await HasAsync(commit, cancellationToken).ConfigureAwait(false)) return;
            await InitAsync(cancellationToken).ConfigureAwait(false);
            var error = await FetchAsync(commit, cancellationToken).ConfigureAwait(false);
            if (error is not null && GitTrouble.IsAboutMirror(error))
            {
                // It is a copy: whatever a power cut or a killed git left behind is not worth repairing.
                LogMirrorBroken(logger, url.Value, GitTrouble.Detail(error));
                DataDirectory.Remove(Directory);
                await InitAsync(cancellationToken).ConfigureAwait(false);
                error = await FetchAsync(commit, cancellationToken).ConfigureAwait(false);
            }
            if (error is not null) throw GitTrouble.IsAboutRevision(error) ? RevisionMissing(commit) : GitTrouble.Remote(url, error);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Runs a reading command on the mirror.</summary>
    public Task<GitResult> ReadAsync(IReadOnlyList<string> arguments, Func<Stream, CancellationToken, Task> output, CancellationToken cancellationToken, PipeSource? input = null) =>
        git.RunAsync(new() { Arguments = arguments, Mirror = Directory, Output = output, Input = input ?? PipeSource.Null, Timeout = fetchTimeout }, cancellationToken);

    public void Dispose() => gate.Dispose();

    private static string RefOf(CommitSha commit) => $"refs/flow/{commit}";

    private async Task<bool> HasAsync(CommitSha commit, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(Directory, "HEAD"))) return false;
        using var output = new MemoryStream();
        var result = await ReadAsync(["rev-parse", "--verify", "--quiet", "--end-of-options", RefOf(commit) + "^{commit}"], GitOutput.Beginning(output, 100), cancellationToken).ConfigureAwait(false);
        return result.Ok && Encoding.ASCII.GetString(output.ToArray()).Trim() == commit.ToString();
    }

    private async Task InitAsync(CancellationToken cancellationToken)
    {
        DataDirectory.CreatePrivate(Directory);
        if (File.Exists(Path.Combine(Directory, "HEAD"))) return;
        // Without a template there are no hooks at all.
        var result = await git.RunAsync(new() { Arguments = ["init", "--bare", "--quiet", "--template=", $"--object-format={objectFormat}", "--", Directory] }, cancellationToken).ConfigureAwait(false);
        if (!result.Ok) throw new FlowException("git-failed", $"git could not create a mirror in the data directory: {GitTrouble.Detail(result.Error)}", transient: true);
    }

    /// <summary>Null when the commit is there now, otherwise git's complaint.</summary>
    private async Task<string?> FetchAsync(CommitSha commit, CancellationToken cancellationToken)
    {
        var result = await RunFetchAsync([$"+{commit}:{RefOf(commit)}"], cancellationToken).ConfigureAwait(false);
        if (result.Ok) return await HasAsync(commit, cancellationToken).ConfigureAwait(false) ? null : $"fatal: {RefOf(commit)} is broken";
        if (!GitTrouble.IsAboutRevision(result.Error)) return result.Error;

        // Some servers hand out only what a ref points to (uploadpack.allowReachableSHA1InWant is off): take all refs, and look again.
        var refusal = result.Error;
        result = await RunFetchAsync(["--prune", "+refs/heads/*:refs/remote/heads/*", "+refs/pull/*/head:refs/remote/pull/*"], cancellationToken).ConfigureAwait(false);
        if (!result.Ok) return result.Error;
        result = await ReadAsync(["update-ref", "--end-of-options", RefOf(commit), $"{commit}"], Ignore, cancellationToken).ConfigureAwait(false);
        return result.Ok && await HasAsync(commit, cancellationToken).ConfigureAwait(false) ? null : refusal;
    }

    private Task<GitResult> RunFetchAsync(string[] what, CancellationToken cancellationToken)
    {
        string[] options = [.. what.Where(w => w.StartsWith("--", StringComparison.Ordinal))];
        return git.RunAsync(new()
        {
            Arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", .. options, "--end-of-options", url.Value, .. what.Except(options)],
            Mirror = Directory,
            Remote = url,
            Timeout = fetchTimeout,
        }, cancellationToken);
    }

    private FlowException RevisionMissing(CommitSha commit) => new("revision-missing",
        $"{url} does not have the commit {commit}: it was removed or rewritten by a force-push, or never pushed. Push it again, or deploy a commit that is there.");

    private static Task Ignore(Stream stream, CancellationToken cancellationToken) => stream.CopyToAsync(Stream.Null, cancellationToken);

    [LoggerMessage(4150, LogLevel.Warning, "The mirror of {Url} is broken and is made anew: {Detail}")]
    private static partial void LogMirrorBroken(ILogger logger, string url, string detail);
}
