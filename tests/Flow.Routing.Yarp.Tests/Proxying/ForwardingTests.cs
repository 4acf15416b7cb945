using System.Net;
using System.Net.Http.Headers;
using Flow.Routing.Yarp.Tests.Worlds;

namespace Flow.Routing.Yarp.Tests.Proxying;

public sealed class A_forwarded_request
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_the_app_the_truth_about_its_client()
    {
        await using var world = await InHostWorld.StartAsync();
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        var seen = await ShowAsync(world);
        seen.Should().Contain($"Host: shop.localhost:{world.Port}\n")
            .And.Contain("X-Forwarded-For: 127.0.0.1\n").And.Contain("X-Forwarded-Proto: http\n")
            .And.Contain($"X-Forwarded-Host: shop.localhost:{world.Port}\n").And.Contain($"X-Forwarded-Port: {world.Port}\n")
            .And.NotContainAny("6.6.6.6", "evil", "Forwarded: for", "Proxy:").And.Contain("Accept-Language: de\n");
    }

    [Fact]
    public async Task Keeps_what_a_trusted_proxy_says()
    {
        await using var world = await InHostWorld.StartAsync(options => options.TrustForwardedHeaders = true);
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        var seen = await ShowAsync(world);
        seen.Should().Contain("X-Forwarded-For: 6.6.6.6, 127.0.0.1\n").And.Contain("X-Forwarded-Proto: evil\n").And.Contain("X-Forwarded-Host: evil\n");
    }

    [Theory]
    [InlineData("/show/a%2Fb/../c/%2e%2e/d?q=%20+&%41=")]
    [InlineData("/show//double//slash")]
    [InlineData("/show/%C3%A4?%zz")]
    public async Task Has_its_target_as_the_client_wrote_it(string target)
    {
        await using var world = await InHostWorld.StartAsync();
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        var answer = await AppClient.SendRawAsync(world.Port, $"GET {target} HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n");
        answer.Should().Contain(target + "\n");
    }

    [Fact]
    public async Task Cannot_lead_the_router_elsewhere()
    {
        await using var world = await InHostWorld.StartAsync();
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        foreach (var target in (string[])["//evil.example/", "/@evil.example/", "/\\evil.example", "/.evil.example:80/", "*", "http://shop.localhost/"])
            (await AppClient.SendRawAsync(world.Port, $"OPTIONS {target} HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n")).Should().StartWith("HTTP/1.1 200 ", "of {0}", target).And.Contain("shop");
    }

    [Fact]
    public async Task Is_offered_to_another_target_when_one_refuses_the_connection()
    {
        await using var world = await InHostWorld.StartAsync();
        var living = await world.AppAsync("living");
        for (var i = 0; i < 10; i++)
        {
            // A new route each time, so that the dead target has not been found out yet.
            await world.Router.SetAsync(Routes.Of($"shop.1.{i}", InHostWorld.DeadAddress(), InHostWorld.DeadAddress(), living.Address), Cancellation);
            using var answer = await world.Client.PostAsync("/count", new ByteArrayContent(new byte[100_000]), Cancellation);
            (await answer.Content.ReadAsStringAsync(Cancellation)).Should().Be("living 100000");
        }
    }

    [Fact]
    public async Task Goes_to_the_least_busy_target_and_to_all_in_turn()
    {
        await using var world = await InHostWorld.StartAsync();
        var (one, two) = (await world.AppAsync("one"), await world.AppAsync("two"));
        await world.SetAsync("shop.1.1", one, two);
        var turns = new List<string>();
        for (var i = 0; i < 10; i++) turns.Add(await world.Client.GetStringAsync("/", Cancellation));
        turns.Count(name => name == "one").Should().Be(5);

        var slow = world.Client.GetAsync("/slow", Cancellation);
        await Task.WhenAny(one.Entered, two.Entered);
        var idle = one.Entered.IsCompleted ? "two" : "one";
        for (var i = 0; i < 10; i++) (await world.Client.GetStringAsync("/", Cancellation)).Should().Be(idle);
        one.Release();
        two.Release();
        (await slow).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task May_be_larger_than_the_servers_usual_limit()
    {
        await using var world = await InHostWorld.StartAsync();
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        const int Size = 40_000_000;
        using var body = new StreamContent(new MemoryStream(new byte[Size]));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/count") { Content = body };
        request.Headers.TransferEncodingChunked = true;
        using var answer = await world.Client.SendAsync(request, Cancellation);
        (await answer.Content.ReadAsStringAsync(Cancellation)).Should().Be($"shop {Size}");
    }

    [Fact]
    public async Task Streams_what_the_app_says_when_it_says_it()
    {
        await using var world = await InHostWorld.StartAsync();
        var app = await world.AppAsync("shop");
        await world.SetAsync("shop.1.1", app);
        using var reader = new StreamReader(await world.Client.GetStreamAsync("/events", Cancellation));
        (await reader.ReadLineAsync(Cancellation)).Should().Be("data: one");
        app.Release();
        (await reader.ReadToEndAsync(Cancellation)).Should().Contain("data: last");
    }

    private static async Task<string> ShowAsync(InHostWorld world)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/show");
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[
            ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "evil"), ("X-Forwarded-Host", "evil"), ("X_Forwarded_For", "evil-underscore"), ("X-Original-Host", "evil"),
            ("Forwarded", "for=6.6.6.6"), ("X-Real-IP", "6.6.6.6"), ("Proxy", "http://evil.example"), ("Accept-Language", "de")])
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await world.Client.SendAsync(request, Cancellation);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }
}
