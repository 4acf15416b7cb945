using System.Net;
using System.Net.Sockets;
using System.Text;
using Flow.Providers.Local.Git;
using Flow.Providers.Local.Tests.Files;

namespace Flow.Providers.Local.Tests.Git;

public sealed class Trouble_on_the_network : IDisposable
{
    private readonly TemporaryDirectory temporary = new();
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public void Dispose()
    {
        listener.Dispose();
        temporary.Dispose();
    }

    [Fact]
    public async Task Is_transient_when_nobody_answers()
    {
        listener.Start();
        var url = Url;
        listener.Stop();
        using var provider = Provider.Create(temporary["data"]);

        var refused = await Refused(provider, url);

        (refused.Code, refused.Transient).Should().Be(("source-unreachable", true));
        refused.Message.Should().Contain(url);
    }

    [Theory]
    [InlineData("401 Unauthorized", "repository-missing", false)]
    [InlineData("404 Not Found", "repository-missing", false)]
    [InlineData("503 Service Unavailable", "source-unreachable", true)]
    public async Task Tells_a_refusal_from_an_outage(string status, string code, bool transient)
    {
        using var stop = new CancellationTokenSource();
        var server = AnswerAsync(status, stop.Token);
        using var provider = Provider.Create(temporary["data"]);

        var refused = await Refused(provider, Url);

        (refused.Code, refused.Transient).Should().Be((code, transient));
        await stop.CancelAsync();
        (await server).Should().Be(transient ? 3 : 1, "passing trouble is tried three times");
    }

    [Fact]
    public async Task Ends_by_a_timeout_when_a_server_says_nothing()
    {
        listener.Start();
        using var provider = Provider.Create(temporary["data"], o => o.ListTimeout = TimeSpan.FromMilliseconds(300));

        var refused = await Refused(provider, Url);

        (refused.Code, refused.Transient).Should().Be(("source-timeout", true));
    }

    private string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/shop.git";

    private async Task<int> AnswerAsync(string status, CancellationToken cancellationToken)
    {
        listener.Start();
        var requests = 0;
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(cancellationToken);
                await client.GetStream().ReadAtLeastAsync(new byte[16], 16, cancellationToken: cancellationToken);
                requests++;
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return requests;
        }
    }

    private static async Task<FlowException> Refused(GitSourceProvider provider, string url) =>
        (await FluentActions.Awaiting(() => provider.ListAsync(Provider.Repository(url), default).AsTask()).Should().ThrowAsync<FlowException>()).Which;
}
