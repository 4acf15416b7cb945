using Flow.Routing.Yarp.OwnProcess;
using Flow.Routing.Yarp.Tests.Worlds;

namespace Flow.Routing.Yarp.Tests;

public sealed class The_router_of_a_host_that_stands_by
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Leaves_the_port_to_the_owner_and_takes_it_over_with_the_store()
    {
        var owner = await InHostWorld.StartAsync();
        var (ownership, port) = (new FakeOwnership(), owner.Port);
        await owner.SetAsync("shop.1.1", await owner.AppAsync("old"));

        await using var second = await InHostWorld.StartAsync(options => options.Port = port, ownership);
        (await owner.Client.GetStringAsync("/", Cancellation)).Should().Be("old");
        await second.SetAsync("shop.1.1", await second.AppAsync("new"));
        (await owner.Client.GetStringAsync("/", Cancellation)).Should().Be("old", "the second does not listen");

        // The store is free before the port is: the router waits for it.
        ownership.TakeOver();
        (await owner.Client.GetStringAsync("/", Cancellation)).Should().Be("old");
        await owner.DisposeAsync();
        await Eventually.BeAsync(async () => await second.Client.GetStringAsync("/", Cancellation) == "new");
    }

    [Fact]
    public async Task Listens_nowhere_when_the_host_ends_before()
    {
        var second = await InHostWorld.StartAsync(options => options.Port = InHostWorld.DeadAddress().Port, new FakeOwnership());
        await FluentActions.Awaiting(() => second.Client.GetAsync("/", Cancellation)).Should().ThrowAsync<HttpRequestException>();
        await second.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task Neither_starts_nor_replaces_nor_stops_a_router_process()
    {
        await using var world = new OwnProcessWorld();
        var app = await world.AppAsync("shop");
        var ownership = new FakeOwnership();
        // Other settings than the owner's, and it would stop the router with itself.
        var early = await world.HostAsync(options => options.ActivityTimeout = TimeSpan.FromSeconds(7), ownership);
        await world.Connection.Awaiting(c => c.StatusAsync(Cancellation)).Should().ThrowAsync<Exception>("no router was started");

        var owner = await world.HostAsync();
        await owner.SetAsync(Routes.Of("shop.1.1", app.Address), Cancellation);
        var router = (await world.Connection.StatusAsync(Cancellation)).ProcessId;
        using (var passing = OwnProcessWorld.CreateHost(world.Directory, world.Port, options => options.Process.StopRouterOnShutdown = true, new FakeOwnership()))
        {
            await passing.StartAsync(Cancellation);
            await passing.StopAsync(Cancellation);
        }
        (await world.Connection.StatusAsync(Cancellation)).ProcessId.Should().Be(router);
        (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("shop");

        ownership.TakeOver();
        await Eventually.BeAsync(async () => (await world.Connection.StatusAsync(Cancellation)).ProcessId != router);
        await Eventually.BeAsync(async () => await world.Client.GetStringAsync("/", Cancellation) == "shop");
        early.UrlOf(Routes.Shop).Port.Should().Be(world.Port);
    }
}
