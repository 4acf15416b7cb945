using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Flow.Providers.Local.Supervision;

/// <summary>
/// Starts a program in a session of its own with exactly the given environment and descriptors. System.Diagnostics.Process can neither make a
/// session, and reaps children that the supervisor must see.
/// </summary>
internal static unsafe class Spawn
{
    /// <summary>Enough for posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t of glibc (336, 80, 128 bytes) and musl.</summary>
    private const int OpaqueBytes = 1024;

    /// <summary>
    /// Returns the pid (also its session and process group); zero with <paramref name="error"/> (errno) when it cannot be started.
    /// Descriptors that are null are /dev/null. All others are closed in the child.
    /// </summary>
    public static int Start(string program, IReadOnlyList<string> arguments, IEnumerable<KeyValuePair<string, string>> environment,
        SafeHandle? input, SafeHandle? output, SafeHandle? errors, out int error)
    {
        byte* actions = stackalloc byte[OpaqueBytes], attributes = stackalloc byte[OpaqueBytes], signals = stackalloc byte[OpaqueBytes];
        var texts = new List<nint>();
        try
        {
            _ = Native.InitFileActions(actions);
            Connect(actions, input, 0, 0);
            Connect(actions, output, 1, Native.OpenWriteOnly);
            Connect(actions, errors, 2, Native.OpenWriteOnly);

            // .NET ignores SIGPIPE and the host may ignore more; children begin like children of a shell.
            _ = Native.InitAttributes(attributes);
            new Span<byte>(signals, OpaqueBytes).Clear();
            _ = Native.SetSignalMask(attributes, signals);
            new Span<byte>(signals, OpaqueBytes).Fill(0xff);
            _ = Native.SetDefaultSignals(attributes, signals);
            _ = Native.SetFlags(attributes, Native.SpawnSetSession | Native.SpawnSetSignalDefault | Native.SpawnSetSignalMask);

            fixed (nint* argv = Texts(arguments, texts), envp = Texts(environment.Select(v => $"{v.Key}={v.Value}"), texts))
            {
                var path = Text(program, texts);
                error = Native.Spawn(out var pid, (byte*)path, actions, attributes, (byte**)argv, (byte**)envp);
                return error == 0 ? pid : 0;
            }
        }
        finally
        {
            _ = Native.DestroyFileActions(actions);
            _ = Native.DestroyAttributes(attributes);
            texts.ForEach(Marshal.FreeCoTaskMem);
        }
    }

    /// <summary>Looks a program up as a shell would, in the PATH of whom it is for.</summary>
    public static string Find(string program, string? path) =>
        program.Contains('/', StringComparison.Ordinal) ? program
        : (path ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists) ?? program;

    /// <summary>A pipe whose ends no child inherits by itself.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        if (Native.Pipe2(ends, Native.CloseOnExec) != 0) throw new IOException($"No pipe could be made (errno {Marshal.GetLastPInvokeError()}).");
        return (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
    }

    private static void Connect(byte* actions, SafeHandle? handle, int target, int flags)
    {
        if (handle is null) _ = Native.AddOpen(actions, target, "/dev/null", flags, 0);
        else _ = Native.AddDuplicate(actions, Descriptor(handle), target);
    }

    private static int Descriptor(SafeHandle handle) => (int)handle.DangerousGetHandle();

    private static nint[] Texts(IEnumerable<string> values, List<nint> owned) => [.. values.Select(v => Text(v, owned)), 0];

    private static nint Text(string value, List<nint> owned)
    {
        var text = Marshal.StringToCoTaskMemUTF8(value);
        owned.Add(text);
        return text;
    }
}
