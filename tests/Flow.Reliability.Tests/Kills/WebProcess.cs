using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Flow.Reliability.Tests.Kills;

/// <summary>The web process of an app: listens on <c>PORT</c> and answers 200.</summary>
internal static class WebProcess
{
    public const string Name = "web";

    public static async Task<int> RunAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, int.Parse(Environment.GetEnvironmentVariable("PORT")!, CultureInfo.InvariantCulture));
        listener.Start();
        var buffer = new byte[4096];
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            try
            {
                _ = await client.GetStream().ReadAsync(buffer);
                await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray());
            }
            catch (IOException) { }
        }
    }
}
