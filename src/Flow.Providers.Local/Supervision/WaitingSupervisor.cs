using System.Net.Sockets;
using System.Text.Json;

namespace Flow.Providers.Local.Supervision;

/// <summary>A supervisor process that runs and has no order yet. It ends by itself with the host, or when it is disposed.</summary>
internal sealed class WaitingSupervisor(SafeSocketHandle line, int pid, Task<int> ended) : IDisposable
{
    private readonly Socket socket = new(line);

    public int Pid => pid;

    /// <summary>Its exit code, once somebody has collected it.</summary>
    public Task<int> Ended => ended;

    /// <summary>Gives it its order and the lock. True once it has written its first record; false when it has ended before.</summary>
    /// <exception cref="OperationCanceledException">It did neither in time.</exception>
    public async Task<bool> GiveAsync(SupervisorOrder order, RecordLock held, TimeSpan patience)
    {
        using var late = new CancellationTokenSource(patience);
        try
        {
            if (!Handover.Send(line, held.Handle)) return false;
            ReadOnlyMemory<byte> rest = JsonSerializer.SerializeToUtf8Bytes(order, SupervisionJson.Default.SupervisorOrder);
            while (rest.Length > 0) rest = rest[await socket.SendAsync(rest, late.Token).ConfigureAwait(false)..];
            socket.Shutdown(SocketShutdown.Send);
            return await socket.ReceiveAsync(new byte[1], late.Token).ConfigureAwait(false) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose() => socket.Dispose();
}
