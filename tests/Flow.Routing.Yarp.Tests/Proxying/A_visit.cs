using System.Net;
using Flow.Routing.Yarp.Proxying;
using Flow.Routing.Yarp.Tests.Worlds;

namespace Flow.Routing.Yarp.Tests.Proxying;

public sealed class A_visit
{
    private static readonly AppName Blog = AppName.Parse("blog");
    private readonly Clock clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_a_request_that_names_an_app()
    {
        await using var world = await InHostWorld.StartAsync(time: clock);
        (await VisitsAsync(world)).Should().BeEmpty();
        await world.SetAsync("shop.1.1", await world.AppAsync("shop"));
        await world.SetAsync("blog.1.1", await world.AppAsync("blog"));
        foreach (var host in (string[])["localhost", "nobody.localhost", "127.0.0.1", "a.shop.localhost", "shop.localhost.example.com"])
            await AppClient.SendRawAsync(world.Port, $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        await AppClient.SendRawAsync(world.Port, "CONNECT shop.localhost:80 HTTP/1.1\r\nHost: shop.localhost:80\r\nConnection: close\r\n\r\n");
        (await VisitsAsync(world)).Should().BeEmpty("nobody came to an app");

        await AppClient.SendRawAsync(world.Port, "GET / HTTP/1.1\r\nHost: SHOP.LocalHost:80\r\nConnection: close\r\n\r\n");
        (await VisitsAsync(world)).Should().Equal(new Dictionary<AppName, DateTimeOffset> { [Routes.Shop] = clock.Now });

        clock.Now += TimeSpan.FromMinutes(1);
        await world.Client.GetStringAsync("/", Cancellation);
        await world.Client.GetAsync(new Uri($"http://blog.localhost:{world.Port}/break"), Cancellation);
        (await VisitsAsync(world)).Should().BeEquivalentTo(new Dictionary<AppName, DateTimeOffset> { [Routes.Shop] = clock.Now, [Blog] = clock.Now });
    }

    [Fact]
    public async Task Counts_although_nobody_serves_it()
    {
        await using var world = await InHostWorld.StartAsync(time: clock);
        await world.SetAsync("shop.1.1");

        (await world.Client.GetAsync("/", Cancellation)).StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);

        (await VisitsAsync(world)).Should().ContainKey(Routes.Shop);
    }

    [Fact]
    public void Is_remembered_through_a_switch_and_forgotten_with_the_app()
    {
        var traffic = new TrafficTable(clock);
        traffic.Apply(table => table.Set(Routes.Of("shop.1.1")));
        Visit(traffic);
        var at = clock.Now;
        clock.Now += TimeSpan.FromHours(1);
        traffic.Apply(table => table.Set(Routes.Of("shop.1.2")));
        traffic.Apply(table => table.Restore([Routes.Of("shop.1.2"), Routes.Of("blog.1.1")]));
        traffic.Visits().Should().Equal(new Dictionary<AppName, DateTimeOffset> { [Routes.Shop] = at });

        traffic.Apply(table => table.Set(Routes.Of("shop.2.1")));
        traffic.Visits().Should().BeEmpty("another life has had no visitor");

        Visit(traffic);
        traffic.Apply(table => table.Remove(Routes.Shop, 2));
        traffic.Visits().Should().BeEmpty();
        traffic.Apply(table => table.Restore([Routes.Of("shop.2.1")]));
        traffic.Visits().Should().BeEmpty("what is gone is not kept");
    }

    [Fact]
    public void Is_exact_to_a_few_seconds_and_follows_a_clock_that_is_put_back()
    {
        var traffic = new TrafficTable(clock);
        traffic.Apply(table => table.Set(Routes.Of("shop.1.1")));
        Visit(traffic);
        var at = clock.Now;
        clock.Now += TimeSpan.FromSeconds(4.9);
        Visit(traffic);
        traffic.Visits()[Routes.Shop].Should().Be(at);
        clock.Now += TimeSpan.FromSeconds(0.1);
        Visit(traffic);
        traffic.Visits()[Routes.Shop].Should().Be(clock.Now);
        clock.Now -= TimeSpan.FromDays(1);
        Visit(traffic);
        traffic.Visits()[Routes.Shop].Should().Be(clock.Now);
    }

    [Fact]
    public void Takes_no_memory()
    {
        var traffic = new TrafficTable(TimeProvider.System);
        traffic.Apply(table => table.Set(Routes.Of("shop.1.1")));
        Visit(traffic);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) traffic.Enter("shop", [], out _, out _);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1_000);
    }

    private static void Visit(TrafficTable traffic) => traffic.Enter("shop", [], out _, out _).Should().Be(Lookup.NoTarget);

    private static async Task<IReadOnlyDictionary<AppName, DateTimeOffset>> VisitsAsync(InHostWorld world) => await ((IRouterVisits)world.Router).ListVisitsAsync(Cancellation);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
