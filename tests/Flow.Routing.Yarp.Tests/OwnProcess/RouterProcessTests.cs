using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Flow.Routing.Yarp.OwnProcess;
using Flow.Routing.Yarp.Tests.Worlds;

namespace Flow.Routing.Yarp.Tests.OwnProcess;

public sealed class A_router_process
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Goes_on_when_its_host_is_killed_and_is_found_by_the_next_one()
    {
        await using var world = new OwnProcessWorld();
        var (old, next) = (await world.AppAsync("old"), await world.AppAsync("new"));
        using var host = await HostToKill.StartAsync(world.Directory, world.Port, "shop.1.1", old.Address);
        (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("old");
        var router = (await world.Connection.StatusAsync(Cancellation)).ProcessId;

        await host.KillAsync();
        for (var i = 0; i < 20; i++) (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("old");

        var heir = await world.HostAsync();
        await heir.SetAsync(Routes.Of("shop.1.2", next.Address), Cancellation);
        (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("new");
        (await heir.DrainAsync([old.Address], TimeSpan.FromSeconds(5), Cancellation)).Should().Be(0);
        var status = await world.Connection.StatusAsync(Cancellation);
        status.ProcessId.Should().Be(router);
        status.Number.Should().Be(2);
    }

    [Fact]
    public async Task Comes_up_with_its_last_table_after_it_was_killed()
    {
        await using var world = new OwnProcessWorld();
        var app = await world.AppAsync("shop");
        await (await world.HostAsync()).SetAsync(Routes.Of("shop.1.1", app.Address), Cancellation);
        await world.StopHostsAsync();
        await world.KillRouterAsync();
        await FluentActions.Awaiting(() => world.Client.GetAsync("/", Cancellation)).Should().ThrowAsync<HttpRequestException>();

        // The next host says nothing at all.
        await world.HostAsync();
        (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("shop");
        (await world.Connection.StatusAsync(Cancellation)).Number.Should().Be(1);
    }

    [Fact]
    public async Task Is_started_anew_by_its_host_and_given_its_table_again()
    {
        await using var world = new OwnProcessWorld();
        var (one, two) = (await world.AppAsync("one"), await world.AppAsync("two"));
        var router = await world.HostAsync();
        await router.SetAsync(Routes.Of("shop.1.1", one.Address), Cancellation);
        await router.SetAsync(Routes.Of("shop.1.2", two.Address), Cancellation);

        File.Delete(world.Files.Table);
        await world.KillRouterAsync();
        await Eventually.BeAsync(async () => await world.Client.GetStringAsync("/", Cancellation) == "two");
        (await world.Connection.StatusAsync(Cancellation)).Number.Should().Be(2);
    }

    [Fact]
    public async Task Takes_a_change_and_a_drain_while_it_is_being_killed()
    {
        await using var world = new OwnProcessWorld();
        var (one, two) = (await world.AppAsync("one"), await world.AppAsync("two"));
        var router = await world.HostAsync();
        await router.SetAsync(Routes.Of("shop.1.1", one.Address), Cancellation);
        await world.KillRouterAsync();
        await router.SetAsync(Routes.Of("shop.1.2", two.Address), Cancellation);
        (await world.Client.GetStringAsync("/", Cancellation)).Should().Be("two");

        await world.KillRouterAsync();
        (await router.DrainAsync([one.Address], TimeSpan.FromSeconds(10), Cancellation)).Should().Be(0);
    }

    [Fact]
    public async Task Refuses_a_table_whose_number_is_not_greater()
    {
        await using var world = new OwnProcessWorld();
        await world.HostAsync();
        var table = RouteTable.Empty.Set(Routes.Of("shop.1.1", new Uri("http://127.0.0.1:1/"))) with { Number = 7 };
        (await world.Connection.PutAsync(table, Cancellation)).Should().BeTrue();
        (await world.Connection.PutAsync(table, Cancellation)).Should().BeFalse();
        (await world.Connection.PutAsync(table with { Number = 6 }, Cancellation)).Should().BeFalse();
        (await world.Connection.StatusAsync(Cancellation)).Number.Should().Be(7);
        (await world.Connection.TableAsync(Cancellation)).Routes.Should().ContainKey(Routes.Shop);
        (await SayAsync(world, "PUT /table", TableJson(7))).Should().StartWith("HTTP/1.1 409").And.Contain("\"number\":7");
    }

    [Fact]
    public async Task Loses_no_change_when_two_hosts_speak_to_it()
    {
        await using var world = new OwnProcessWorld();
        var (one, two) = (await world.HostAsync(), await world.HostAsync());
        var target = new Uri("http://127.0.0.1:1/");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? one : two).SetAsync(Routes.Of($"app-{i}.1.1", target), Cancellation).AsTask()));
        await one.RemoveAsync(AppName.Parse("app-0"), 2, Cancellation);
        await two.SetAsync(Routes.Of("app-0.1.5", target), Cancellation);
        var table = await world.Connection.TableAsync(Cancellation);
        table.Number.Should().Be(21);
        table.Routes.Should().HaveCount(19).And.NotContainKey(AppName.Parse("app-0"), "the other host removed a newer generation");
    }

    [Fact]
    public async Task Answers_a_drain_when_it_is_over_or_at_its_deadline()
    {
        await using var world = new OwnProcessWorld();
        var (old, next) = (await world.AppAsync("old"), await world.AppAsync("new"));
        var router = await world.HostAsync();
        await router.SetAsync(Routes.Of("shop.1.1", old.Address), Cancellation);
        var slow = world.Client.GetAsync("/slow", Cancellation);
        await old.Entered;
        await router.SetAsync(Routes.Of("shop.1.2", next.Address), Cancellation);

        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await FluentActions.Awaiting(() => router.DrainAsync([old.Address], TimeSpan.FromSeconds(30), impatient.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();
        (await router.DrainAsync([old.Address], TimeSpan.FromMilliseconds(50), Cancellation)).Should().Be(1);
        (await slow).StatusCode.Should().Be(HttpStatusCode.BadGateway);
        (await router.DrainAsync([old.Address], TimeSpan.FromSeconds(10), Cancellation)).Should().Be(0);
    }

    [Fact]
    public async Task Is_replaced_by_a_host_that_wants_other_settings_and_keeps_its_table()
    {
        await using var world = new OwnProcessWorld();
        var app = await world.AppAsync("shop");
        await (await world.HostAsync()).SetAsync(Routes.Of("shop.1.1", app.Address), Cancellation);
        await world.StopHostsAsync();
        var router = await world.HostAsync(options => options.Domain = "apps.example.com");
        router.UrlOf(Routes.Shop).Should().Be($"http://shop.apps.example.com:{world.Port}/");
        (await world.Client.GetAsync("/", Cancellation)).StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await world.Client.GetStringAsync($"http://shop.apps.example.com:{world.Port}/", Cancellation)).Should().Be("shop");
    }

    [Fact]
    public async Task Is_replaced_by_a_host_that_can_ask_it_for_more()
    {
        await using var world = new OwnProcessWorld();
        var options = new YarpRouterOptions { Port = world.Port, ShutdownGrace = TimeSpan.FromSeconds(1) };
        options.Process.Directory = world.Directory;
        using var old = new RouterConnection(world.Files, TimeProvider.System);
        await new RouterLauncher(options, RouterSettings.From(options) with { Protocol = 1 }, world.Files, old, TimeProvider.System).StartAsync(Cancellation);
        var before = (await world.Connection.StatusAsync(Cancellation)).ProcessId;

        var router = await world.HostAsync();

        (await world.Connection.StatusAsync(Cancellation)).ProcessId.Should().NotBe(before);
        await router.SetAsync(Routes.Of("shop.1.1"), Cancellation);
        (await world.Connection.VisitsAsync(Cancellation)).Should().BeEmpty();
    }

    [Fact]
    public async Task Tells_the_next_host_who_was_visited_while_nobody_asked()
    {
        await using var world = new OwnProcessWorld();
        var app = await world.AppAsync("shop");
        var router = await world.HostAsync();
        await router.SetAsync(Routes.Of("shop.1.1", app.Address), Cancellation);
        await router.SetAsync(Routes.Of("blog.1.1", app.Address), Cancellation);
        await world.StopHostsAsync();
        var began = DateTimeOffset.UtcNow;
        await world.Client.GetStringAsync("/", Cancellation);

        var visits = await VisitsAsync(await world.HostAsync());

        visits.Should().ContainSingle().Which.Key.Should().Be(Routes.Shop);
        visits[Routes.Shop].Should().BeCloseTo(began, TimeSpan.FromSeconds(30));
        visits[Routes.Shop].Offset.Should().Be(TimeSpan.Zero);
    }

    [Fact]
    public async Task Is_not_taken_for_one_without_visitors_when_it_does_not_answer()
    {
        await using var world = new OwnProcessWorld();
        using var host = OwnProcessWorld.CreateHost(world.Directory, world.Port);
        await host.StartAsync(Cancellation);
        var router = host.Services.GetRequiredService<IRouter>();
        await host.StopAsync(Cancellation);
        await world.KillRouterAsync();

        var failure = await FluentActions.Awaiting(() => VisitsAsync(router)).Should().ThrowAsync<FlowException>();

        (failure.Which.Code, failure.Which.Transient).Should().Be(("router-unreachable", true));
        await using var free = world.Files.TryLock();
        free.Should().NotBeNull("to ask starts no router");
    }

    [Theory]
    [InlineData("Shop", 1)]
    [InlineData("../etc", 1)]
    [InlineData("shop", 0)]
    [InlineData("shop", long.MaxValue)]
    public void Says_no_visit_that_cannot_be_one(string app, long at) =>
        FluentActions.Invoking(() => new VisitsDocument(new Dictionary<string, long> { [app] = at }).ToVisits()).Should().Throw<FormatException>();

    private static async Task<IReadOnlyDictionary<AppName, DateTimeOffset>> VisitsAsync(IRouter router) => await ((IRouterVisits)router).ListVisitsAsync(Cancellation);

    [Fact]
    public async Task Stops_with_its_host_when_asked_to()
    {
        await using var world = new OwnProcessWorld();
        await world.HostAsync(options => options.Process.StopRouterOnShutdown = true);
        (await world.Connection.StatusAsync(Cancellation)).ProcessId.Should().BePositive();
        await world.StopHostsAsync();
        await FluentActions.Awaiting(() => world.Connection.StatusAsync(Cancellation)).Should().ThrowAsync<HttpRequestException>();
        File.Exists(world.Files.Socket).Should().BeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stops_after_everything_that_still_changes_routes_and_is_not_started_again(bool killed)
    {
        await using var world = new OwnProcessWorld();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        // Registered first, so it stops last.
        var last = new LastToStop();
        builder.Services.AddSingleton<IHostedService>(last);
        world.AddRouter(builder.Services, options => options.Process.StopRouterOnShutdown = true);
        using var host = builder.Build();
        await host.StartAsync(Cancellation);
        var router = host.Services.GetRequiredService<IRouter>();
        last.Stopping = async () =>
        {
            if (killed) await world.KillRouterAsync();
            await router.SetAsync(Routes.Of("shop.1.1"), Cancellation);
            if (!killed) (await world.Connection.TableAsync(Cancellation)).Routes.Should().ContainKey(Routes.Shop);
        };
        await host.StopAsync(Cancellation);
        await router.SetAsync(Routes.Of("shop.1.2"), Cancellation);
        (await router.DrainAsync([InHostWorld.DeadAddress()], TimeSpan.FromSeconds(5), Cancellation)).Should().Be(0);
        await using var free = world.Files.TryLock();
        free.Should().NotBeNull("no router is left");
    }

    [Fact]
    public async Task Is_not_started_by_a_host_that_leaves()
    {
        await using var world = new OwnProcessWorld();
        using var host = OwnProcessWorld.CreateHost(world.Directory, world.Port);
        await host.StartAsync(Cancellation);
        var router = host.Services.GetRequiredService<IRouter>();
        await host.StopAsync(Cancellation);
        await world.KillRouterAsync();
        var failure = await FluentActions.Awaiting(() => router.SetAsync(Routes.Of("shop.1.1"), Cancellation).AsTask()).Should().ThrowAsync<FlowException>();
        failure.Which.Transient.Should().BeTrue();
        await using var free = world.Files.TryLock();
        free.Should().NotBeNull("no router was started");
    }

    private sealed class LastToStop : IHostedService
    {
        public Func<Task> Stopping { get; set; } = () => Task.CompletedTask;
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Stopping();
    }

    [Fact]
    public async Task Says_whose_port_it_cannot_have()
    {
        await using var world = new OwnProcessWorld();
        using var taken = new TcpListener(IPAddress.Loopback, world.Port);
        taken.Start();
        var failure = await FluentActions.Awaiting(() => world.HostAsync()).Should().ThrowAsync<FlowException>();
        failure.Which.Code.Should().Be("router-port-unavailable");
        failure.Which.Message.Should().Contain(world.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)).And.Contain("Flow:Router:Port");
    }

    [Fact]
    public async Task Starts_without_routes_when_its_file_is_damaged()
    {
        await using var world = new OwnProcessWorld();
        await File.WriteAllTextAsync(world.Files.Table, "{\"number\": 5, \"routes\": [{", Cancellation);
        await world.HostAsync();
        (await world.Connection.StatusAsync(Cancellation)).Number.Should().Be(0);
        File.Exists(world.Files.Table + ".unreadable").Should().BeTrue();
        (await File.ReadAllTextAsync(world.Files.Log, Cancellation)).Should().Contain("laid aside");
    }

    [Fact]
    public async Task Is_open_to_its_owner_alone()
    {
        await using var world = new OwnProcessWorld();
        await world.HostAsync();
        if (OperatingSystem.IsWindows()) return;
        File.GetUnixFileMode(world.Files.Socket).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(world.Directory).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var status = await world.Connection.StatusAsync(Cancellation);
        var environment = await File.ReadAllTextAsync($"/proc/{status.ProcessId}/environ", Cancellation);
        environment.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=')[0])
            .Should().OnlyContain(name => name == "PATH" || name == "HOME" || name == "LANG" || name == "TZ" || name == "TMPDIR" || name.StartsWith("DOTNET_ROOT"));
    }

    [Fact]
    public async Task Refuses_nonsense_and_goes_on()
    {
        await using var world = new OwnProcessWorld();
        await world.HostAsync();
        string[] bodies =
        [
            "", "null", "[]", "{}", "{", "\0", "{\"number\":\"x\",\"routes\":[]}", "{\"number\":-1,\"routes\":[]}", "{\"number\":1e99,\"routes\":[]}", "{\"number\":1,\"routes\":null}",
            "{\"number\":1,\"routes\":[null]}", "{\"number\":1,\"routes\":[{\"deployment\":null,\"targets\":[]}]}", "{\"number\":1,\"routes\":[{\"deployment\":\"../x\",\"targets\":[]}]}",
            TableJson(1, "file:///etc/passwd"), TableJson(1, "http://a@b/"), TableJson(1, ""), new('[', 100_000), "{\"number\":1,\"routes\":[],\"removed\":[null]}",
        ];
        foreach (var body in bodies) (await SayAsync(world, "PUT /table", body)).Should().StartWith("HTTP/1.1 400", "of {0}", body.Length > 100 ? "much" : body);
        foreach (var body in (string[])["", "null", "{\"targets\":[\"x\"],\"deadlineSeconds\":1}", "{\"targets\":null,\"deadlineSeconds\":1}", "{\"targets\":[],\"deadlineSeconds\":\"NaN\"}"])
            (await SayAsync(world, "POST /drain", body)).Should().StartWith("HTTP/1.1 400", "of {0}", body);
        (await SayAsync(world, "GET /../etc", "")).Should().StartWith("HTTP/1.1 404");
        (await SayAsync(world, "PUT /table", TableJson(1))).Should().StartWith("HTTP/1.1 200");
    }

    private static string TableJson(long number, string target = "http://127.0.0.1:1/") =>
        $$"""{"number":{{number}},"routes":[{"deployment":"shop.1.1","targets":["{{target}}"]}]}""";

    private static async Task<string> SayAsync(OwnProcessWorld world, string request, string body)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(world.Files.Socket));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{request} HTTP/1.1\r\nHost: router\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
