using System.Diagnostics;

namespace Flow.Providers.Local.Supervision;

/// <summary>
/// Finds everything a command left running, three ways, because each has a hole: children of the supervisor, which adopts orphans (not when it was
/// killed); the tag in the environment (programs may overwrite theirs); the command's session (a descendant may have made its own).
/// </summary>
/// <param name="Tag"><c>NAME=value</c>.</param>
/// <param name="Supervisor">Its pid, while it lives.</param>
/// <param name="Leader">The command itself: leader of its session.</param>
internal sealed record Descendants(string Tag, int? Supervisor, (int Pid, ulong Started)? Leader)
{
    public IReadOnlyList<int> Find()
    {
        var all = ProcFs.All().Where(p => p.Alive).ToDictionary(p => p.Pid);
        // The number of a session is not used again while a member lives, but may belong to somebody else when the leader is another process.
        var session = Leader is { } leader && all.TryGetValue(leader.Pid, out var led) && led.Started == leader.Started ? leader.Pid : 0;
        HashSet<int> members = [];
        foreach (var p in all.Values)
            if ((session != 0 && p.Session == session) || ProcFs.HasVariable(p.Pid, Tag)) members.Add(p.Pid);
        for (var before = -1; before != members.Count;)
        {
            before = members.Count;
            foreach (var p in all.Values)
                if (members.Contains(p.Parent) || p.Parent == Supervisor) members.Add(p.Pid);
        }

        members.Remove(Environment.ProcessId);
        if (Supervisor is { } supervisor) members.Remove(supervisor);
        return [.. members];
    }

    public void Signal(int signal)
    {
        foreach (var pid in Find()) _ = Native.Kill(pid, signal);
    }

    /// <summary>Asks, waits, kills, and looks again until nothing is left.</summary>
    public async Task EndAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        if (grace > TimeSpan.Zero) Signal(Native.SigTerm);
        for (var pause = 5; ; pause = Math.Min(pause * 2, 100))
        {
            var left = Find();
            if (left.Count == 0) return;
            if (Stopwatch.GetElapsedTime(since) >= grace)
                foreach (var pid in left) _ = Native.Kill(pid, Native.SigKill);
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }
}
