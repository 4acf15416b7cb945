using System.Runtime.InteropServices;

namespace Flow.Providers.Local.Supervision;

/// <summary>
/// Collects every child of the supervisor, adopted ones included, on a thread of its own. No children means no descendants: those whose
/// parents died became children of the supervisor.
/// </summary>
internal sealed class ChildWatch
{
    private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ChildWatch(int command)
    {
        new Thread(() => Collect(command), maxStackSize: 128 * 1024) { IsBackground = true, Name = "children" }.Start();
    }

    /// <summary>Exit code of the command.</summary>
    public Task<int> Exited => exited.Task;

    /// <summary>The command and all its descendants have ended.</summary>
    public Task AllGone => allGone.Task;

    private void Collect(int command)
    {
        while (true)
        {
            var pid = Native.WaitPid(-1, out var status, 0);
            if (pid == command) exited.TrySetResult(Native.ExitCode(status));
            if (pid >= 0 || Marshal.GetLastPInvokeError() == Native.Interrupted) continue;
            exited.TrySetResult(255);
            allGone.TrySetResult();
            return;
        }
    }
}
