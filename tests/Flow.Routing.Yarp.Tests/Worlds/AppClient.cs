using System.Net;
using System.Net.Sockets;

namespace Flow.Routing.Yarp.Tests.Worlds;

/// <summary>A browser: <c>app.localhost</c> is this machine, whatever the resolver thinks.</summary>
internal static class AppClient
{
    public static HttpClient Create(int port) => new(Handler(port)) { BaseAddress = new($"http://shop.localhost:{port}/"), Timeout = TimeSpan.FromSeconds(20) };

    public static SocketsHttpHandler Handler(int port) => new()
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    /// <summary>What a server answers to these very bytes.</summary>
    public static async Task<string> SendRawAsync(int port, string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var stream = socket.GetStream();
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(request));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, deadline.Token);
        }
        catch (IOException)
        {
            // Reset after the answer.
        }
        return System.Text.Encoding.Latin1.GetString(answer.ToArray());
    }
}
