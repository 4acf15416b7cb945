using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Flow.Providers.Local.Supervision;

/// <summary>Starts supervisor processes, keeps a few that wait, gives them their order, and collects those that have ended.</summary>
internal sealed class SupervisorLaunch(LocalOptions options) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), Breath = TimeSpan.FromSeconds(3);
    private static readonly ConcurrentDictionary<int, TaskCompletionSource<int>> Children = [];

    private readonly ConcurrentQueue<WaitingSupervisor> spares = new();
    private readonly CancellationTokenSource disposed = new();
    private bool refilling;
    private long lastStart;

    // Many of them run, each for one command: small heap, one of it, no profile, no diagnostics server.
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
        ["DOTNET_GCHeapHardLimit"] = "0x6000000",
        ["DOTNET_GCgen0size"] = "0x80000",
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_EnableDiagnostics"] = "0",
        ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
    };

    private static readonly string[] Kept = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "DOTNET_BUNDLE_EXTRACT_BASE_DIR", "LD_LIBRARY_PATH"];

    /// <summary>Pids of those that wait.</summary>
    public IReadOnlyList<int> Spares => [.. spares.Select(s => s.Pid)];

    /// <summary>Null when this process's binary cannot be started again.</summary>
    public IReadOnlyList<string>? CommandLine()
    {
        if (options.SupervisorCommand.Count > 0) return [.. options.SupervisorCommand, FlowSupervisor.Verb];
        var program = Environment.ProcessPath;
        if (program is null) return null;
        if (Path.GetFileNameWithoutExtension(program) != "dotnet") return [program, FlowSupervisor.Verb];
        var entry = Environment.GetCommandLineArgs()[0];
        return File.Exists(entry) ? [program, Path.GetFullPath(entry), FlowSupervisor.Verb] : null;
    }

    /// <summary>Returns when a supervisor has taken over the lock and written its first record.</summary>
    public async Task<SupervisedRecord> StartAsync(SupervisorOrder order, RecordLock held)
    {
        // One that waits saves the start of a process. It may have been killed since; then it has done nothing, and there are others.
        while (spares.TryDequeue(out var spare))
        {
            using (spare)
                if (await GiveAsync(spare, order, held).ConfigureAwait(false)) return Taken(order);
        }

        using var supervisor = Launch([]);
        if (await GiveAsync(supervisor, order, held).ConfigureAwait(false)) return Taken(order);
        throw Broken($"'{CommandLine()![0]}' ended with {await CodeAsync(supervisor).ConfigureAwait(false)} before it took over. {Remedy}");
    }

    private SupervisedRecord Taken(SupervisorOrder order)
    {
        Volatile.Write(ref lastStart, Stopwatch.GetTimestamp());
        _ = RefillAsync();
        return RecordFiles.Read(order.Record) is { } record && record.Tag == order.Tag ? record : throw Broken($"the record in '{order.Record}' was removed at this moment.");
    }

    private static async Task<bool> GiveAsync(WaitingSupervisor supervisor, SupervisorOrder order, RecordLock held)
    {
        try
        {
            return await supervisor.GiveAsync(order, held, Patience).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = Native.Kill(-supervisor.Pid, Native.SigKill);
            throw Broken($"process {supervisor.Pid} did not take over within {Patience.TotalSeconds} s. {Remedy}");
        }
    }

    private WaitingSupervisor Launch(IEnumerable<string> more)
    {
        var command = CommandLine() ?? throw Broken("the program cannot tell where its own binary is; set Flow:Local:SupervisorCommand.");
        var (line, end) = Handover.Pair();
        int pid, error;
        using (end) pid = Spawn.Start(Spawn.Find(command[0], Environment.GetEnvironmentVariable("PATH")), [.. command, .. more], Variables(), end, null, null, out error);
        if (pid == 0)
        {
            line.Dispose();
            throw Broken($"'{command[0]}' cannot be started: {Marshal.GetPInvokeErrorMessage(error)}. Check Flow:Local:SupervisorCommand.");
        }

        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Children.TryAdd(pid, ended);
        return new(line, pid, ended.Task);
    }

    /// <summary>Once nothing has been started for a while: what was has more use for the processors.</summary>
    private async Task RefillAsync()
    {
        if (Interlocked.Exchange(ref refilling, true)) return;
        try
        {
            for (var calm = TimeSpan.Zero; calm < Breath; calm = Stopwatch.GetElapsedTime(Volatile.Read(ref lastStart))) await Task.Delay(Breath - calm, disposed.Token).ConfigureAwait(false);
            while (spares.Count < options.SpareSupervisors && !disposed.IsCancellationRequested) spares.Enqueue(Launch([FlowSupervisor.Spare]));
        }
        // The next command starts its own, and says what is wrong.
        catch (Exception e) when (e is FlowException or IOException or OperationCanceledException) { }
        finally
        {
            Volatile.Write(ref refilling, false);
            if (disposed.IsCancellationRequested) Drop();
        }
    }

    public void Dispose()
    {
        disposed.Cancel();
        Drop();
    }

    private void Drop()
    {
        while (spares.TryDequeue(out var spare)) spare.Dispose();
    }

    /// <summary>The line is closed, so it has ended or is about to. Somebody else may collect it.</summary>
    private static async Task<string> CodeAsync(WaitingSupervisor supervisor)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            Collect();
            if (supervisor.Ended.IsCompletedSuccessfully) return $"code {await supervisor.Ended.ConfigureAwait(false)}";
            await Task.Delay(10).ConfigureAwait(false);
        }

        return "no code";
    }

    /// <summary>Asks after those that have ended: nobody else does, and they would stay as zombies.</summary>
    public static void Collect()
    {
        foreach (var (pid, ended) in Children)
        {
            var result = Native.WaitPid(pid, out var status, Native.NoHang);
            // No such child: the runtime's own collector was quicker.
            if (result == 0 || (result < 0 && Marshal.GetLastPInvokeError() != Native.NoChild)) continue;
            ended.TrySetResult(result > 0 ? Native.ExitCode(status) : 0);
            Children.TryRemove(pid, out _);
        }
    }

    private const string Remedy = "Program.cs must begin with: if (FlowSupervisor.TryRun(args, out var exitCode)) return exitCode;";

    private static FlowException Broken(string why) => new("supervisor-broken", $"No supervisor could be started: {why}");

    private static IEnumerable<KeyValuePair<string, string>> Variables()
    {
        foreach (var name in Kept)
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) yield return new(name, value);
        foreach (var setting in Settings) yield return setting;
    }
}
