using System.Net;
using Flow.Routing.Yarp.Tests.Worlds;

namespace Flow.Routing.Yarp.Tests.Proxying;

public sealed class A_request_that_no_app_serves
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_told_to_come_again_while_the_router_knows_nothing_yet()
    {
        await using var world = await InHostWorld.StartAsync();
        using var early = await world.Client.GetAsync("/", Cancellation);
        early.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        early.Headers.RetryAfter.Should().NotBeNull();

        await world.Router.RestoreAsync([], Cancellation);
        (await world.Client.GetAsync("/", Cancellation)).StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Is_answered_404_for_an_unknown_host()
    {
        await using var world = await InHostWorld.StartAsync();
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        foreach (var host in (string[])["blog.localhost", "localhost", "127.0.0.1", "a.shop.localhost", "shop.localhost.example.com", "shop", ".localhost", "[::1]"])
        {
            var answer = await AppClient.SendRawAsync(world.Port, $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            answer.Should().StartWith("HTTP/1.1 404 ").And.Contain("text/plain").And.Contain(Uri.EscapeDataString(host).Replace("%3A", ":", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("SHOP.LocalHost")]
    [InlineData("shop.localhost.")]
    [InlineData("shop.localhost:1")]
    public async Task Is_served_all_the_same_when_the_host_is_only_written_differently(string host)
    {
        await using var world = await InHostWorld.StartAsync();
        await world.SetAsync("shop.1.1", await world.AppAsync("served"));
        (await AppClient.SendRawAsync(world.Port, $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).Should().StartWith("HTTP/1.1 200 ").And.Contain("served");
    }

    [Fact]
    public async Task Is_answered_404_after_the_route_was_removed()
    {
        await using var world = await InHostWorld.StartAsync();
        var app = await world.AppAsync("shop");
        await world.SetAsync("shop.2.1", app);
        await world.Router.RemoveAsync(Routes.Shop, 1, Cancellation);
        (await world.Client.GetAsync("/", Cancellation)).StatusCode.Should().Be(HttpStatusCode.OK, "the removal was of an older generation");
        await world.Router.RemoveAsync(Routes.Shop, 2, Cancellation);
        await world.Router.RemoveAsync(Routes.Shop, 2, Cancellation);
        (await world.Client.GetAsync("/", Cancellation)).StatusCode.Should().Be(HttpStatusCode.NotFound);
        await world.SetAsync("shop.1.9", app);
        (await world.Client.GetAsync("/", Cancellation)).StatusCode.Should().Be(HttpStatusCode.NotFound, "that life of the app is over");
    }

    [Fact]
    public async Task Is_answered_503_when_no_process_takes_it()
    {
        await using var world = await InHostWorld.StartAsync();
        await world.Router.SetAsync(Routes.Of("shop.1.1", InHostWorld.DeadAddress(), InHostWorld.DeadAddress()), Cancellation);
        using var refused = await world.Client.GetAsync("/", Cancellation);
        refused.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        (await refused.Content.ReadAsStringAsync(Cancellation)).Should().Contain("shop");

        await world.Router.SetAsync(Routes.Of("shop.1.2"), Cancellation);
        (await world.Client.GetAsync("/", Cancellation)).StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Is_answered_502_when_the_app_breaks_off()
    {
        await using var world = await InHostWorld.StartAsync();
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        (await world.Client.GetAsync("/break", Cancellation)).StatusCode.Should().Be(HttpStatusCode.BadGateway);
        (await world.Client.GetAsync("/", Cancellation)).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Is_answered_504_when_the_app_says_nothing_for_too_long()
    {
        await using var world = await InHostWorld.StartAsync(options => options.ActivityTimeout = TimeSpan.FromMilliseconds(200));
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        (await world.Client.GetAsync("/silence", Cancellation)).StatusCode.Should().Be(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task Never_stops_the_router_however_hostile_it_is()
    {
        await using var world = await InHostWorld.StartAsync();
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        string[] hosts =
        [
            "", " ", ":", ":::", ":80", "a:b:c", "shop.localhost:99999999999", "shop.localhost:-1", "[", "]", "[]", "[::1", "..", "...localhost", "%00", "%2e", "shop%2elocalhost",
            "<script>alert(1)</script>", "\"'`", "\t", "\0", "\x7f", "\xff\xfe", "xn--zzzz.localhost", new string('a', 300) + ".localhost", new string('a', 20_000), "shop.localhost, blog.localhost",
            "shop.localhost\r\nHost: blog.localhost", "../../etc/passwd", "shop.localhost/", "shop.localhost@evil", "user:word@shop.localhost", "shop.localhost#", "shop.localhost?",
        ];
        foreach (var host in hosts)
        {
            var answer = await AppClient.SendRawAsync(world.Port, $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            answer.Should().MatchRegex("^HTTP/1.1 (400|404|431) ", "of the host '{0}'", host).And.NotContain("<script>");
        }
        string[] requests =
        [
            "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "CONNECT shop.localhost:80 HTTP/1.1\r\nHost: shop.localhost:80\r\nConnection: close\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET http://evil.example/ HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n", "\x16\x03\x01\x02\x00\x01",
        ];
        foreach (var request in requests)
            (await AppClient.SendRawAsync(world.Port, request + "\r\n\r\n")).Should().NotStartWith("HTTP/1.1 200").And.NotContain("HTTP/1.1 500");
        (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("shop");
    }
}
