using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Flow.Logs;
using Flow.Secrets;
using Microsoft.Win32.SafeHandles;

namespace Flow.Providers.Local.Supervision;

/// <summary>The life of one supervisor: starts its command, takes its output, keeps its exit code, starts it again, stops it.</summary>
internal sealed class SupervisorLoop(SupervisorOrder order)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1), LastBackOff = TimeSpan.FromSeconds(60), Stable = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(10), TimeoutGrace = TimeSpan.FromSeconds(2), OutputGrace = TimeSpan.FromSeconds(5);
    private readonly TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SupervisedRecord record = new()
    {
        Id = order.Id,
        Tag = order.Tag,
        BootId = ProcFs.BootId(),
        Supervisor = Environment.ProcessId,
        SupervisorStarted = ProcFs.Read(Environment.ProcessId)?.Started ?? 0,
        Log = order.Log,
        Notes = order.Notes,
    };

    /// <summary>To the end of its command. Says when it has taken over: from then on a host finds it.</summary>
    public async Task RunAsync(Action tookOver)
    {
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stop.TrySetResult();
        });
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);

        // The tag is on disk before anything bears it. Without this there would be nothing to find a command by: so it may fail.
        RecordFiles.Write(order.Record, record);
        tookOver();
        var masker = new SecretMasker(order.Secrets);
        await using var log = new CommandLog(new FileLogStore(order.LogDirectory), LogId.Parse(order.Log), masker);
        record = record with { LogStart = await log.OpenAsync().ConfigureAwait(false) };

        var backOff = FirstBackOff;
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            await RunOnceAsync(log).ConfigureAwait(false);
            if (!order.KeepRunning || record.TimedOut || stop.Task.IsCompleted) break;

            if (Stopwatch.GetElapsedTime(started) >= Stable) backOff = FirstBackOff;
            await log.SayAsync(string.Create(CultureInfo.InvariantCulture, $"Exited with code {record.ExitCode}; starts again in {backOff.TotalSeconds:0} s.")).ConfigureAwait(false);
            await Task.WhenAny(stop.Task, Task.Delay(backOff)).ConfigureAwait(false);
            if (stop.Task.IsCompleted) break;
            backOff = backOff * 2 < LastBackOff ? backOff * 2 : LastBackOff;
            record = record with { Restarts = record.Restarts + 1 };
        }

        // The log is complete before anybody learns that the command has ended.
        await log.CompleteAsync().ConfigureAwait(false);
        Save(record with { Ended = true });
    }

    private async Task RunOnceAsync(CommandLog log)
    {
        var (output, outputEnd) = Spawn.Pipe();
        var (errors, errorsEnd) = Spawn.Pipe();
        int pid, error;
        using (outputEnd)
        using (errorsEnd) pid = Start(outputEnd, errorsEnd, out error);
        if (pid == 0)
        {
            output.Dispose();
            errors.Dispose();
            await log.SayAsync($"'{order.Arguments[0]}' cannot be started: {Marshal.GetPInvokeErrorMessage(error)}.").ConfigureAwait(false);
            Save(record with { ExitCode = error == Native.NoEntry ? 127 : 126 });
            return;
        }

        var children = new ChildWatch(pid);
        Save(record with { Command = pid, CommandStarted = ProcFs.Read(pid)?.Started ?? 0, UpSince = Stopwatch.GetTimestamp() });
        var pumps = Task.WhenAll(log.PumpAsync(output), log.PumpAsync(errors));

        var timedOut = !await EndsInTimeAsync(children).ConfigureAwait(false);
        if (timedOut) await log.SayAsync(string.Create(CultureInfo.InvariantCulture, $"Stopped: it ran longer than {order.TimeoutSeconds} s.")).ConfigureAwait(false);
        if (!children.Exited.IsCompleted)
        {
            // Everybody is asked at once: the shell in front of an app ends sooner than the app does.
            record.Descendants().Signal(Native.SigTerm);
            var grace = timedOut ? TimeoutGrace : RecordFiles.ReadGrace(order.Record) ?? DefaultGrace;
            await Task.WhenAny(children.AllGone, Task.Delay(grace)).ConfigureAwait(false);
        }

        await KillLeftAsync(children).ConfigureAwait(false);
        var code = await children.Exited.ConfigureAwait(false);
        // Whoever could still hold the pipes is dead, unless it left every trace behind.
        await Task.WhenAny(pumps, Task.Delay(OutputGrace)).ConfigureAwait(false);
        Save(record with { ExitCode = code, UpSince = null, TimedOut = timedOut });
    }

    /// <summary>False when its time is up before it ended or somebody wants it stopped.</summary>
    private async Task<bool> EndsInTimeAsync(ChildWatch children)
    {
        if (order.TimeoutSeconds is not { } seconds)
        {
            await Task.WhenAny(children.Exited, stop.Task).ConfigureAwait(false);
            return true;
        }

        using var ended = new CancellationTokenSource();
        // A timer holds at most 49 days.
        var timeout = Task.Delay(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 4_000_000)), ended.Token);
        var first = await Task.WhenAny(children.Exited, stop.Task, timeout).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        return first != timeout;
    }

    private async Task KillLeftAsync(ChildWatch children)
    {
        for (var pause = 2; !children.AllGone.IsCompleted; pause = Math.Min(pause * 2, 100))
        {
            await Task.WhenAny(children.AllGone, Task.Delay(pause)).ConfigureAwait(false);
            if (!children.AllGone.IsCompleted) record.Descendants().Signal(Native.SigKill);
        }
    }

    private int Start(SafeFileHandle output, SafeFileHandle errors, out int error)
    {
        Dictionary<string, string> environment = new(order.Environment) { [SupervisedRecord.TagName] = order.Tag };
        try
        {
            Directory.SetCurrentDirectory(order.WorkingDirectory);
        }
        catch (IOException)
        {
            error = Native.NoEntry;
            return 0;
        }

        var program = Spawn.Find(order.Arguments[0], environment.GetValueOrDefault("PATH"));
        return Spawn.Start(program, order.Arguments, environment, null, output, errors, out error);
    }

    private void Save(SupervisedRecord changed)
    {
        record = changed;
        try { RecordFiles.Write(order.Record, record); }
        // A full disk must not stop an app; what is on disk is merely older.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
    }
}
