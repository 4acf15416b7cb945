using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Flow.Providers.Local.Supervision;

/// <summary>
/// The line between a host and a supervisor that waits for its order: a pair of sockets, because only those hand a held lock on to a process that runs already.
/// .NET's own sockets carry no descriptors. Layouts are those of glibc and musl (unix(7), cmsg(3)).
/// </summary>
internal static unsafe class Handover
{
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public nint Name;
        public uint NameLength;
        public nint Parts;
        public nuint PartCount;
        public nint Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        public nint Start;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Control
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
    }

    private static nuint ControlLength => (nuint)(Marshal.OffsetOf<Control>(nameof(Control.Descriptor)) + sizeof(int));

    /// <summary>Two ends that no child inherits by itself.</summary>
    public static (SafeSocketHandle Ours, SafeFileHandle Theirs) Pair()
    {
        var ends = stackalloc int[2];
        if (Native.SocketPair(Native.Unix, Native.Stream | Native.CloseOnExec, 0, ends) != 0) throw new IOException($"No pair of sockets could be made (errno {Marshal.GetLastPInvokeError()}).");
        return (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
    }

    /// <summary>One byte, and with it the descriptor. False when the other end is gone.</summary>
    public static bool Send(SafeHandle socket, SafeHandle descriptor)
    {
        byte one = 1;
        Part part = new() { Start = (nint)(&one), Length = 1 };
        Control control = new() { Length = ControlLength, Level = Native.SocketLevel, Type = Native.Rights, Descriptor = (int)descriptor.DangerousGetHandle() };
        Message message = new() { Parts = (nint)(&part), PartCount = 1, Control = (nint)(&control), ControlLength = (nuint)sizeof(Control) };
        return Native.SendMessage((int)socket.DangerousGetHandle(), &message, Native.NoSignal) == 1;
    }

    /// <summary>Waits. Null when the other end is gone, or says something else.</summary>
    public static SafeFileHandle? Receive(int socket)
    {
        byte one = 0;
        Part part = new() { Start = (nint)(&one), Length = 1 };
        Control control = default;
        Message message = new() { Parts = (nint)(&part), PartCount = 1, Control = (nint)(&control), ControlLength = (nuint)sizeof(Control) };
        nint received;
        do received = Native.ReceiveMessage(socket, &message, Native.ReceiveCloseOnExec);
        while (received < 0 && Marshal.GetLastPInvokeError() == Native.Interrupted);
        return received == 1 && control.Length == ControlLength && control.Type == Native.Rights ? new(control.Descriptor, ownsHandle: true) : null;
    }
}
