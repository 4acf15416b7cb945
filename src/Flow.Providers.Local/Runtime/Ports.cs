using System.Net;
using System.Net.Sockets;

namespace Flow.Providers.Local.Runtime;

/// <summary>Ports of 127.0.0.1. Between choosing and listening somebody else may take one: whoever uses it looks again.</summary>
internal static class Ports
{
    public static int ChooseFree()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    public static bool IsTaken(int port)
    {
        try
        {
            using var socket = new TcpListener(IPAddress.Loopback, port);
            socket.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
