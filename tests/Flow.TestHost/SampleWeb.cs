using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Flow.TestHost;

internal static class SampleWeb
{
    public static async Task RunAsync(TimeSpan delay, string status, string body)
    {
        await Task.Delay(delay);
        var port = int.Parse(Environment.GetEnvironmentVariable("PORT")!, CultureInfo.InvariantCulture);
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        Console.WriteLine($"listening on {port}");
        body = body.Replace("{name}", Environment.GetEnvironmentVariable("FLOW_PROCESS_NAME"), StringComparison.Ordinal);
        var answer = Encoding.UTF8.GetBytes($"HTTP/1.1 {status} x\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");
        while (true)
        {
            var client = await listener.AcceptTcpClientAsync();
            _ = AnswerAsync(client, answer);
        }
    }

    private static async Task AnswerAsync(TcpClient client, byte[] answer)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), leaveOpen: true);
                while (await reader.ReadLineAsync() is { Length: > 0 }) { }
                await client.GetStream().WriteAsync(answer);
            }
            catch (IOException) { }
        }
    }
}
