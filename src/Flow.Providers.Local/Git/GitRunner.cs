using System.ComponentModel;
using System.Runtime.ExceptionServices;
using CliWrap;
using Flow.Providers.Local.Files;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Git;

/// <summary>One call of git.</summary>
internal sealed record GitCall
{
    public required IReadOnlyList<string> Arguments { get; init; }
    /// <summary>The remote it talks to; null: none, and no protocol at all is allowed.</summary>
    public GitUrl? Remote { get; init; }
    /// <summary>The bare repository it works on; null: none.</summary>
    public string? Mirror { get; init; }
    /// <summary>What stands after <c>--</c> are patterns with magic of its own; otherwise paths are taken as they are.</summary>
    public bool Pathspecs { get; init; }
    public PipeSource Input { get; init; } = PipeSource.Null;
    /// <summary>Reads standard output to its end. What it throws stops git and is thrown on.</summary>
    public Func<Stream, CancellationToken, Task> Output { get; init; } = static (stream, ct) => stream.CopyToAsync(Stream.Null, ct);
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>How it ended.</summary>
/// <param name="ExitCode">0 is success.</param>
/// <param name="Error">Beginning of standard error: hostile text.</param>
internal sealed record GitResult(int ExitCode, string Error)
{
    public bool Ok => ExitCode == 0;
}

/// <summary>
/// Runs the git command line with nothing of the machine's or the user's configuration: no prompts, no hooks, no credential helpers, no protocols beyond
/// those the host's own URL asks for.
/// </summary>
internal sealed class GitRunner(IOptions<LocalOptions> options, TimeProvider time)
{
    private const int MaxError = 16 * 1024;

    private static readonly string[] Network =
    [
        "SSH_AUTH_SOCK", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    ];

    private static readonly string[] Hardening =
    [
        "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "core.fsmonitor=false", "-c", "credential.helper=",
        // A detached gc would outlive the call, its lock and the host.
        "-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false",
        "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30", "-c", "submodule.recurse=false", "-c", "fetch.recurseSubmodules=false",
    ];

    /// <summary>Below it all mirrors; holds nothing that git would take for a repository.</summary>
    public string Home { get; } = DataDirectory.Path(options.Value, "git");

    public async Task<GitResult> RunAsync(GitCall call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(call.Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var error = new MemoryStream();
        ExceptionDispatchInfo? refused = null;

        var command = Cli.Wrap("git")
            .WithArguments([.. Hardening, .. call.Mirror is null ? [] : (string[])[$"--git-dir={call.Mirror}"], .. call.Arguments])
            .WithWorkingDirectory(DataDirectory.Create(options.Value, "git"))
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(call.Input)
            .WithStandardErrorPipe(PipeTarget.Create((stream, ct) => ReadErrorAsync(stream, error, ct)))
            .WithStandardOutputPipe(PipeTarget.Create(async (stream, ct) =>
            {
                try
                {
                    await call.Output(stream, ct).ConfigureAwait(false);
                }
                catch (Exception e) when (!stop.IsCancellationRequested)
                {
                    refused = ExceptionDispatchInfo.Capture(e);
                    await stop.CancelAsync().ConfigureAwait(false);
                }
            }));

        var environment = await EnvironmentAsync(call, cancellationToken).ConfigureAwait(false);
        try
        {
            var result = await command.ExecuteAsync(start =>
            {
                start.Environment.Clear();
                foreach (var (name, value) in environment) start.Environment[name] = value;
            }, null, stop.Token, CancellationToken.None).ConfigureAwait(false);
            refused?.Throw();
            return new(result.ExitCode, System.Text.Encoding.UTF8.GetString(error.ToArray()));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            refused?.Throw();
            throw call.Remote is { } url
                ? GitTrouble.Timeout(url, call.Timeout)
                : new FlowException("git-timeout", $"git did not finish within {call.Timeout.TotalSeconds:0} s: the disk of the data directory may be too slow or full.", transient: true);
        }
        catch (Win32Exception e)
        {
            throw new FlowException("git-missing", "git cannot be started: install git 2.30 or newer and see that the host's PATH finds it.", inner: e);
        }
    }

    private async Task<Dictionary<string, string>> EnvironmentAsync(GitCall call, CancellationToken cancellationToken)
    {
        var environment = HostEnvironment.Read(options.Value, Network);
        environment["LC_ALL"] = "C";
        environment["GIT_TERMINAL_PROMPT"] = "0";
        environment["GIT_ASKPASS"] = "";
        environment["GIT_CONFIG_NOSYSTEM"] = "1";
        environment["GIT_ATTR_NOSYSTEM"] = "1";
        environment["GIT_CONFIG_GLOBAL"] = call.Remote is { IsLocal: true } ? await LocalConfigAsync(cancellationToken).ConfigureAwait(false) : "/dev/null";
        environment["GIT_ALLOW_PROTOCOL"] = call.Remote?.Protocols ?? "none";
        environment["GIT_CEILING_DIRECTORIES"] = Path.GetDirectoryName(Home)!;
        environment["GIT_NO_REPLACE_OBJECTS"] = "1";
        environment["GIT_LITERAL_PATHSPECS"] = call.Pathspecs ? "0" : "1";
        environment.TryAdd("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=15");
        return environment;
    }

    // The host named this path itself, so a repository there may belong to another user. git reads safe.directory only from global configuration, and hands
    // -c settings not on to the process that serves a local path.
    private async Task<string> LocalConfigAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(Home, "local.config");
        if (!File.Exists(path)) await DataDirectory.WriteAsync(path, "[safe]\n\tdirectory = *\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        return path;
    }

    private static async Task ReadErrorAsync(Stream stream, MemoryStream into, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            into.Write(buffer, 0, Math.Min(read, MaxError - (int)into.Length));
        }
    }
}
