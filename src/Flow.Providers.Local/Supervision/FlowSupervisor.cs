namespace Flow.Providers.Local.Supervision;

/// <summary>
/// The other half of the local providers: builds and apps run under small processes that outlive the host, and those are the host's own binary
/// started with a hidden verb.
/// </summary>
public static class FlowSupervisor
{
    internal const string Verb = "--flow-supervise", Spare = "spare";

    /// <summary>Whether this process passed through <see cref="TryRun"/>, so that its binary can be a supervisor.</summary>
    internal static bool Offered { get; private set; }

    /// <summary>
    /// First thing in <c>Program.cs</c>, before anything is configured or opened:
    /// <code>if (FlowSupervisor.TryRun(args, out var exitCode)) return exitCode;</code>
    /// False, at once, in an ordinary start of the host. True when this process was started to supervise: it has done so to the end.
    /// </summary>
    /// <param name="args">As given to the program.</param>
    /// <param name="exitCode">What the program returns: 0, or 1 when it was started by somebody else than a host.</param>
    public static bool TryRun(string[] args, out int exitCode)
    {
        ArgumentNullException.ThrowIfNull(args);
        Offered = true;
        exitCode = 0;
        if (args is not ([Verb] or [Verb, Spare])) return false;
        exitCode = OperatingSystem.IsLinux() && Run(rehearse: args.Length > 1) ? 0 : 1;
        return true;
    }

    private static bool Run(bool rehearse)
    {
        // Two reads of pipes occupy a thread each.
        ThreadPool.SetMinThreads(4, 1);
        _ = Native.Prctl(Native.SetChildSubreaper, 1, 0, 0, 0);
        if (rehearse) Rehearsal.Run();
        // The lock of the record: held while this process lives, never handed on to the command.
        using var held = Handover.Receive(0);
        if (held is null) return false;
        using var line = new FileStream(new(0, ownsHandle: false), FileAccess.ReadWrite, bufferSize: 0);
        if (SupervisorOrder.Read(line) is not { } order) return false;
        // The root of a process that has nothing else to do: the only place that may wait for a task.
        new SupervisorLoop(order).RunAsync(tookOver: () => Confirm(line)).GetAwaiter().GetResult();
        return true;
    }

    private static void Confirm(FileStream line)
    {
        try { line.WriteByte(1); }
        // The host died meanwhile: its next start finds the record.
        catch (IOException) { }
    }
}
