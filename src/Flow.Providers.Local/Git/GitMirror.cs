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
    private const int MaxHeld = 64 * 1024 * 1024;

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

    /// <summary>
    /// Makes heads available that are only looked at: all that are missing with one fetch. Returns what is there of them; what the remote does not hand out is not.
    /// Heads of earlier looks that are not listed any more are let go.
    /// </summary>
    public async Task<IReadOnlySet<CommitSha>> SeeAsync(IReadOnlyCollection<CommitSha> heads, IReadOnlySet<CommitSha> listed, CancellationToken cancellationToken)
    {
        var held = await HeldAsync(cancellationToken).ConfigureAwait(false);
        if (heads.All(held.Contains)) return held;
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            held = await HeldAsync(cancellationToken).ConfigureAwait(false);
            string[] missing = [.. heads.Where(h => !held.Contains(h)).Select(h => $"+{h}:{SeenRefOf(h)}")];
            if (missing.Length == 0) return held;
            await InitAsync(cancellationToken).ConfigureAwait(false);
            var result = await RunFetchAsync(missing, cancellationToken).ConfigureAwait(false);
            // One that was replaced this moment would take all others with it.
            if (!result.Ok && GitTrouble.IsAboutRevision(result.Error)) result = await RunFetchAsync(Everything, cancellationToken).ConfigureAwait(false);
            if (!result.Ok) LogNotSeen(logger, missing.Length, url.Value, GitTrouble.Detail(result.Error));
            held = await HeldAsync(cancellationToken).ConfigureAwait(false);
            await LetGoAsync(held.Where(h => !listed.Contains(h)), cancellationToken).ConfigureAwait(false);
            return held;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Runs a reading command on the mirror.</summary>
    public Task<GitResult> ReadAsync(IReadOnlyList<string> arguments, Func<Stream, CancellationToken, Task> output, CancellationToken cancellationToken, PipeSource? input = null, bool pathspecs = false) =>
        git.RunAsync(new() { Arguments = arguments, Mirror = Directory, Output = output, Input = input ?? PipeSource.Null, Pathspecs = pathspecs, Timeout = fetchTimeout }, cancellationToken);

    public void Dispose() => gate.Dispose();

    private static string RefOf(CommitSha commit) => $"refs/flow/{commit}";

    private static string SeenRefOf(CommitSha commit) => $"refs/seen/{commit}";

    // Some servers hand out only what a ref points to (uploadpack.allowReachableSHA1InWant is off).
    private static readonly string[] Everything = ["--prune", "+refs/heads/*:refs/remote/heads/*", "+refs/pull/*/head:refs/remote/pull/*"];

    /// <summary>Every commit that a ref of ours names.</summary>
    private async Task<HashSet<CommitSha>> HeldAsync(CancellationToken cancellationToken)
    {
        var held = new HashSet<CommitSha>();
        if (!File.Exists(Path.Combine(Directory, "HEAD"))) return held;
        using var output = new MemoryStream();
        var result = await ReadAsync(["for-each-ref", "--format=%(objectname)"], GitOutput.Beginning(output, MaxHeld), cancellationToken).ConfigureAwait(false);
        if (!result.Ok) return held;
        foreach (var line in Encoding.ASCII.GetString(output.GetBuffer(), 0, (int)output.Length).Split('\n'))
            if (CommitSha.TryParse(line, null, out var commit)) held.Add(commit);
        return held;
    }

    private async Task LetGoAsync(IEnumerable<CommitSha> commits, CancellationToken cancellationToken)
    {
        // What was never seen, only deployed, has no such ref: deleting it is no error.
        var orders = string.Concat(commits.Select(c => $"delete {SeenRefOf(c)}\n"));
        if (orders.Length > 0) await ReadAsync(["update-ref", "--stdin"], Ignore, cancellationToken, PipeSource.FromString(orders, Encoding.ASCII)).ConfigureAwait(false);
    }

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

        var refusal = result.Error;
        result = await RunFetchAsync(Everything, cancellationToken).ConfigureAwait(false);
        if (!result.Ok) return result.Error;
        result = await ReadAsync(["update-ref", "--end-of-options", RefOf(commit), $"{commit}"], Ignore, cancellationToken).ConfigureAwait(false);
        return result.Ok && await HasAsync(commit, cancellationToken).ConfigureAwait(false) ? null : refusal;
    }

    private Task<GitResult> RunFetchAsync(string[] what, CancellationToken cancellationToken)
    {
        string[] options = [.. what.Where(w => w.StartsWith("--", StringComparison.Ordinal))];
        return git.RunAsync(new()
        {
            // Thousands of them are too much for a command line.
            Arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--stdin", .. options, "--end-of-options", url.Value],
            Input = PipeSource.FromString(string.Concat(what.Except(options).Select(w => $"{w}\n")), Encoding.ASCII),
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

    [LoggerMessage(4151, LogLevel.Warning, "{Count} heads of {Url} could not be fetched, so it is not known what they change: {Detail}")]
    private static partial void LogNotSeen(ILogger logger, int count, string url, string detail);
}
