using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Flow.Providers.Local.Supervision;

/// <summary>Starts supervisor processes, tells them their order, and collects those that have ended.</summary>
internal sealed class SupervisorLaunch(LocalOptions options)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly ConcurrentDictionary<int, bool> Children = [];

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

    /// <summary>Returns when the supervisor has taken over the lock and written its first record.</summary>
    public async Task<SupervisedRecord> StartAsync(SupervisorOrder order, RecordLock held)
    {
        var command = CommandLine() ?? throw Broken("the program cannot tell where its own binary is; set Flow:Local:SupervisorCommand.");
        var (input, inputEnd) = Spawn.Pipe();
        int pid, error;
        using (input) pid = Spawn.Start(Spawn.Find(command[0], Environment.GetEnvironmentVariable("PATH")), command, Variables(), input, null, null, held.Handle, out error);
        if (pid == 0)
        {
            inputEnd.Dispose();
            throw Broken($"'{command[0]}' cannot be started: {Marshal.GetPInvokeErrorMessage(error)}. Check Flow:Local:SupervisorCommand.");
        }

        Children.TryAdd(pid, true);
        var since = Stopwatch.GetTimestamp();
        var told = TellAsync(inputEnd, order);
        for (var pause = 4; ; pause = Math.Min(pause + 2, 20))
        {
            if (RecordFiles.Read(order.Record) is { } record && record.Tag == order.Tag) return record;
            if (HasEnded(pid, out var code)) throw Broken($"'{command[0]}' ended with code {code} before it took over. {Remedy}");
            if (Stopwatch.GetElapsedTime(since) > Patience)
            {
                _ = Native.Kill(-pid, Native.SigKill);
                await told.ConfigureAwait(false);
                throw Broken($"'{command[0]}' did not take over within {Patience.TotalSeconds} s. {Remedy}");
            }

            await Task.Delay(pause).ConfigureAwait(false);
        }
    }

    /// <summary>Asks after those that have ended: nobody else does, and they would stay as zombies.</summary>
    public static void Collect()
    {
        foreach (var pid in Children.Keys) HasEnded(pid, out _);
    }

    private const string Remedy = "Program.cs must begin with: if (FlowSupervisor.TryRun(args, out var exitCode)) return exitCode;";

    private static FlowException Broken(string why) => new("supervisor-broken", $"No supervisor could be started: {why}");

    private static bool HasEnded(int pid, out int code)
    {
        code = 0;
        if (!Children.ContainsKey(pid)) return true;
        var result = Native.WaitPid(pid, out var status, Native.NoHang);
        // No such child: the runtime's own collector was quicker.
        if (result == 0 || (result < 0 && Marshal.GetLastPInvokeError() != Native.NoChild)) return false;
        code = result > 0 ? Native.ExitCode(status) : 0;
        Children.TryRemove(pid, out _);
        return true;
    }

    private static async Task TellAsync(SafeFileHandle pipe, SupervisorOrder order)
    {
        try
        {
            await using var stream = new FileStream(pipe, FileAccess.Write, bufferSize: 0);
            await stream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(order, SupervisionJson.Default.SupervisorOrder)).ConfigureAwait(false);
        }
        // It died; whoever waits for its record finds out.
        catch (IOException) { }
    }

    private static IEnumerable<KeyValuePair<string, string>> Variables()
    {
        foreach (var name in Kept)
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) yield return new(name, value);
        foreach (var setting in Settings) yield return setting;
    }
}
