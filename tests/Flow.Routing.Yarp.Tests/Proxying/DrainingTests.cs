using System.Net;
using System.Net.WebSockets;
using System.Text;
using Flow.Routing.Yarp.Tests.Worlds;

namespace Flow.Routing.Yarp.Tests.Proxying;

public sealed class Draining_a_replaced_target
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Waits_for_the_request_in_flight()
    {
        await using var world = await InHostWorld.StartAsync();
        var (old, slow) = await SwitchedAwayFromAsync(world, "/slow");
        var drain = world.Router.DrainAsync([old.Address], TimeSpan.FromSeconds(20), Cancellation).AsTask();
        drain.IsCompleted.Should().BeFalse();
        (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("new");

        old.Release();
        (await (await slow).Content.ReadAsStringAsync(Cancellation)).Should().Be("old");
        (await drain).Should().Be(0);
    }

    [Fact]
    public async Task Cuts_what_is_left_at_the_deadline_and_says_how_much()
    {
        await using var world = await InHostWorld.StartAsync();
        var (old, slow) = await SwitchedAwayFromAsync(world, "/slow");
        (await world.Router.DrainAsync([old.Address], TimeSpan.FromMilliseconds(50), Cancellation)).Should().Be(1);
        var answer = await slow;
        answer.StatusCode.Should().Be(HttpStatusCode.BadGateway);
        (await answer.Content.ReadAsStringAsync(Cancellation)).Should().Contain("replaced");
        (await world.Router.DrainAsync([old.Address], TimeSpan.FromSeconds(10), Cancellation)).Should().Be(0);
    }

    [Fact]
    public async Task Counts_a_stream_as_in_flight_and_cuts_it()
    {
        await using var world = await InHostWorld.StartAsync();
        var (old, events) = await SwitchedAwayFromAsync(world, "/events");
        using var reader = new StreamReader(await (await events).Content.ReadAsStreamAsync(Cancellation));
        (await reader.ReadLineAsync(Cancellation)).Should().Be("data: one");

        (await world.Router.DrainAsync([old.Address], TimeSpan.Zero, Cancellation)).Should().Be(1);
        await FluentActions.Awaiting(() => reader.ReadToEndAsync(Cancellation)).Should().ThrowAsync<Exception>("a cut stream must not look complete");
    }

    [Fact]
    public async Task Counts_a_web_socket_as_in_flight_and_cuts_it()
    {
        await using var world = await InHostWorld.StartAsync();
        var old = await world.AppAsync("old");
        await world.SetAsync("shop.1.1", old);
        using var socket = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(AppClient.Handler(world.Port));
        await socket.ConnectAsync(new Uri($"ws://shop.localhost:{world.Port}/socket"), invoker, Cancellation);
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, Cancellation);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, Cancellation);
        Encoding.UTF8.GetString(buffer, 0, received.Count).Should().Be("hello");

        await world.SetAsync("shop.1.2", await world.AppAsync("new"));
        (await world.Router.DrainAsync([old.Address], TimeSpan.FromMilliseconds(50), Cancellation)).Should().Be(1);
        await FluentActions.Awaiting(() => socket.ReceiveAsync(buffer, Cancellation)).Should().ThrowAsync<WebSocketException>();
        await Eventually.BeAsync(async () => await world.Router.DrainAsync([old.Address], TimeSpan.Zero, Cancellation) == 0);
    }

    [Fact]
    public async Task Does_not_wait_for_a_target_that_a_route_names()
    {
        await using var world = await InHostWorld.StartAsync();
        var app = await world.AppAsync("app");
        await world.SetAsync("shop.1.1", app);
        var slow = world.Client.GetAsync("/slow", Cancellation);
        await app.Entered;
        (await world.Router.DrainAsync([app.Address], TimeSpan.FromSeconds(20), Cancellation)).Should().Be(0);
        app.Release();
        (await slow).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Ends_without_a_cut_when_the_target_is_named_again()
    {
        await using var world = await InHostWorld.StartAsync();
        var (old, slow) = await SwitchedAwayFromAsync(world, "/slow");
        var drain = world.Router.DrainAsync([old.Address], TimeSpan.FromSeconds(20), Cancellation).AsTask();
        await world.SetAsync("shop.1.1", old);
        (await drain).Should().Be(0);
        old.Release();
        (await slow).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Serves_again_from_a_target_that_was_cut_and_then_named_again()
    {
        await using var world = await InHostWorld.StartAsync();
        var (old, slow) = await SwitchedAwayFromAsync(world, "/slow");
        (await world.Router.DrainAsync([old.Address], TimeSpan.Zero, Cancellation)).Should().Be(1);
        await slow;
        await world.SetAsync("shop.1.1", old);
        (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("old");
    }

    [Fact]
    public async Task Cuts_nothing_when_its_caller_gives_up()
    {
        await using var world = await InHostWorld.StartAsync();
        var (old, slow) = await SwitchedAwayFromAsync(world, "/slow");
        using var impatient = new CancellationTokenSource();
        var drain = world.Router.DrainAsync([old.Address], TimeSpan.FromSeconds(20), impatient.Token).AsTask();
        await impatient.CancelAsync();
        await FluentActions.Awaiting(() => drain).Should().ThrowAsync<OperationCanceledException>();
        old.Release();
        (await slow).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Knows_nothing_of_unknown_targets()
    {
        await using var world = await InHostWorld.StartAsync();
        (await world.Router.DrainAsync([new("http://127.0.0.1:9/")], TimeSpan.FromSeconds(20), Cancellation)).Should().Be(0);
        (await world.Router.DrainAsync([], TimeSpan.MaxValue, Cancellation)).Should().Be(0);
    }

    private static async Task<(Backend Old, Task<HttpResponseMessage> Request)> SwitchedAwayFromAsync(InHostWorld world, string path)
    {
        var old = await world.AppAsync("old");
        await world.SetAsync("shop.1.1", old);
        var request = world.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await old.Entered;
        await world.SetAsync("shop.1.2", await world.AppAsync("new"));
        return (old, request);
    }
}
