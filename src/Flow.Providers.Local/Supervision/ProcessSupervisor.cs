using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Flow.Logs;
using Flow.Providers.Local.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Supervision;

/// <summary>The host's side of supervision: one directory for each id, whose lock says whether somebody lives there.</summary>
internal sealed partial class ProcessSupervisor(IOptions<LocalOptions> options, ILogger<ProcessSupervisor> logger) : ISupervisor, IDisposable
{
    private static readonly TimeSpan StopSlack = TimeSpan.FromSeconds(3), StartPatience = TimeSpan.FromSeconds(30), EndPatience = TimeSpan.FromSeconds(30);
    private readonly LocalDirectories directories = new(options.Value);
    private readonly SupervisorLaunch launch = new(options.Value);
    private readonly FileLogStore logs = new(new LocalDirectories(options.Value).Logs);

    internal IReadOnlyList<int> Spares => launch.Spares;

    public async ValueTask<SupervisedState> StartAsync(SupervisedCommand command, CancellationToken cancellationToken)
    {
        Check(command);
        SupervisorLaunch.Collect();
        var directory = DirectoryOf(command.Id);
        var since = Stopwatch.GetTimestamp();
        for (var pause = 4; ; pause = Math.Min(pause + 4, 50))
        {
            LocalDirectories.Create(directory);
            var (held, gone) = RecordLock.TryTake(directory);
            if (held is not null)
            {
                using (held)
                {
                    if (RecordFiles.Read(directory) is { } found) return await ViewAsync(await SettleAsync(directory, found, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                    // From here on it happens, whether or not the caller still waits.
                    var record = await launch.StartAsync(Order(command, directory), held).ConfigureAwait(false);
                    LogStarted(logger, command.Id, record.Supervisor);
                    return new() { Running = true, Notes = command.Notes };
                }
            }

            // Somebody else starts it, or it runs.
            if (!gone && RecordFiles.Read(directory) is { } running) return await ViewAsync(running, cancellationToken).ConfigureAwait(false);
            if (Stopwatch.GetElapsedTime(since) > StartPatience) throw new FlowException("supervisor-busy", $"Somebody else has been starting '{command.Id}' for {StartPatience.TotalSeconds} s.", transient: true);
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask<SupervisedState?> InspectAsync(string id, CancellationToken cancellationToken)
    {
        SupervisorLaunch.Collect();
        var directory = DirectoryOf(id);
        // The lock first: a record that is read afterwards is the last word of whoever held it.
        var lives = RecordLock.IsHeld(directory);
        var record = RecordFiles.Read(directory);
        if (record is null) return lives ? new() { Running = true } : null;
        if (!lives && !record.Ended)
        {
            using var held = RecordLock.TryTake(directory).Taken;
            // Not taken: another host settles it at this moment.
            if (held is not null && RecordFiles.Read(directory) is { } left) record = await SettleAsync(directory, left, cancellationToken).ConfigureAwait(false);
        }

        return await ViewAsync(record, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        var directory = DirectoryOf(id);
        var since = Stopwatch.GetTimestamp();
        var (asked, killed) = (false, false);
        for (var pause = 4; Directory.Exists(directory); pause = Math.Min(pause + 4, 50))
        {
            SupervisorLaunch.Collect();
            var (held, gone) = RecordLock.TryTake(directory);
            if (gone) return;
            if (held is not null)
            {
                using (held) await RemoveAsync(directory, grace, cancellationToken).ConfigureAwait(false);
                LogStopped(logger, id);
                return;
            }

            var elapsed = Stopwatch.GetElapsedTime(since);
            if (RecordFiles.Read(directory) is { Ended: false, SupervisorLives: true } record)
            {
                if (!asked)
                {
                    RecordFiles.WriteGrace(directory, grace);
                    _ = Native.Kill(record.Supervisor, Native.SigTerm);
                    asked = true;
                }
                else if (!killed && elapsed > grace + StopSlack)
                {
                    _ = Native.Kill(record.Supervisor, Native.SigKill);
                    LogStuck(logger, id, record.Supervisor);
                    killed = true;
                }
            }

            if (elapsed > grace + EndPatience) throw new FlowException("supervisor-busy", $"'{id}' could not be stopped: its record is held by somebody who does not let go.", transient: true);
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        SupervisorLaunch.Collect();
        if (!Directory.Exists(directories.Supervised)) return new([]);
        List<string> ids = [.. Directory.EnumerateDirectories(directories.Supervised).Select(d => Path.GetFileName(d)).Where(id => id.StartsWith(prefix, StringComparison.Ordinal))];
        ids.Sort(StringComparer.Ordinal);
        return new(ids);
    }

    public void Dispose() => launch.Dispose();

    /// <summary>Under the lock. A supervisor that vanished takes its command with it, at the latest now.</summary>
    private async Task<SupervisedRecord> SettleAsync(string directory, SupervisedRecord record, CancellationToken cancellationToken)
    {
        if (record.Ended) return record;
        await EndAsync(record, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        LogVanished(logger, record.Id);
        await using (var log = new CommandLog(logs, LogId.Parse(record.Log), new([])))
        {
            await log.OpenAsync().ConfigureAwait(false);
            await log.SayAsync("The supervisor of this command vanished; nobody knows how the command ended.").ConfigureAwait(false);
            await log.CompleteAsync().ConfigureAwait(false);
        }

        record = record with { Ended = true, ExitCode = null, UpSince = null };
        RecordFiles.Write(directory, record);
        return record;
    }

    private async Task RemoveAsync(string directory, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (RecordFiles.Read(directory) is { } record)
        {
            await EndAsync(record, record.Ended ? TimeSpan.Zero : grace, cancellationToken).ConfigureAwait(false);
            await SettleAsync(directory, record, cancellationToken).ConfigureAwait(false);
        }

        RecordFiles.Remove(directory);
    }

    private static async Task EndAsync(SupervisedRecord record, TimeSpan grace, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(grace + EndPatience);
        try { await record.Descendants().EndAsync(grace, patience.Token).ConfigureAwait(false); }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FlowException("processes-left", $"Processes of '{record.Id}' cannot be killed: {string.Join(", ", record.Descendants().Find())}.", transient: true);
        }
    }

    private async Task<SupervisedState> ViewAsync(SupervisedRecord record, CancellationToken cancellationToken) => new()
    {
        Running = !record.Ended,
        ExitCode = record.ExitCode,
        TimedOut = record.TimedOut,
        Restarts = record.Restarts,
        Up = record.UpSince is { } up ? Stopwatch.GetElapsedTime(up) : null,
        Tail = await TailAsync(record, cancellationToken).ConfigureAwait(false),
        Notes = record.Notes,
    };

    private async Task<string> TailAsync(SupervisedRecord record, CancellationToken cancellationToken)
    {
        const int most = 2000;
        var log = LogId.Parse(record.Log);
        var end = (await logs.ReadAsync(log, long.MaxValue, 1, cancellationToken).ConfigureAwait(false)).Offset;
        StringBuilder text = new();
        for (var at = Math.Max(record.LogStart, end - (most * 2)); at < end;)
        {
            var chunk = await logs.ReadAsync(log, at, most * 2, cancellationToken).ConfigureAwait(false);
            if (chunk.Bytes.Length == 0) break;
            text.Append(Encoding.UTF8.GetString(chunk.Bytes.Span));
            at = chunk.Next;
        }

        return text.Length <= most ? text.ToString() : text.ToString(text.Length - most, most);
    }

    private SupervisorOrder Order(SupervisedCommand command, string directory) => new()
    {
        Id = command.Id,
        Tag = $"{command.Id}:{RandomNumberGenerator.GetHexString(32, lowercase: true)}",
        Record = directory,
        LogDirectory = directories.Logs,
        Log = command.Log.ToString(),
        Arguments = command.Arguments,
        WorkingDirectory = Path.GetFullPath(command.WorkingDirectory),
        Environment = command.Environment,
        Secrets = command.Secrets,
        TimeoutSeconds = command.Timeout?.TotalSeconds,
        KeepRunning = command.KeepRunning,
        Notes = command.Notes,
    };

    private string DirectoryOf(string id) => IdPattern().IsMatch(id)
        ? Path.Combine(directories.Supervised, id)
        : throw new ArgumentException($"'{HostileText.Shown(id)}' is not an id: letters, digits, dashes, underscores and dots, at most 200, no dot first.", nameof(id));

    private static void Check(SupervisedCommand command)
    {
        if (command.Arguments.Count == 0) throw new ArgumentException("A command has at least a program.", nameof(command));
        if (!Directory.Exists(command.WorkingDirectory)) throw new ArgumentException($"The working directory '{command.WorkingDirectory}' does not exist.", nameof(command));
        if (command.Arguments.Any(a => a.Contains('\0', StringComparison.Ordinal))) throw new ArgumentException("An argument contains a NUL character.", nameof(command));
        foreach (var (name, value) in command.Environment)
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal) || value.Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{HostileText.Shown(name)}' is no environment variable: a name has no '=', and neither name nor value a NUL character.", nameof(command));
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}
