using Flow.Providers.Local.Supervision;

namespace Flow.Reliability.Tests.Kills;

/// <summary>What lives on this machine with a mark in its environment: how it was started and by whom does not matter.</summary>
internal static class MarkedProcesses
{
    public static IReadOnlyList<ProcessEntry> Find(params IReadOnlyList<string> marks) => [.. ProcFs.All().Where(p => p.Alive && marks.All(m => ProcFs.HasVariable(p.Pid, m)))];

    public static bool Lives(ProcessEntry process) => ProcFs.Read(process.Pid) is { Alive: true } now && now.Started == process.Started;

    public static void Kill(params IReadOnlyList<string> marks)
    {
        foreach (var process in Find(marks)) _ = Native.Kill(process.Pid, Native.SigKill);
    }
}
