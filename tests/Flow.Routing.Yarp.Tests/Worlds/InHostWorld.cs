using System.Net.Sockets;
using Flow.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Flow.Routing.Yarp.Tests.Worlds;

/// <summary>A host with the router in its own process, and clients and apps of it.</summary>
internal sealed class InHostWorld : IAsyncDisposable
{
    private readonly IHost host;
    private readonly List<Backend> backends = [];

    private InHostWorld(IHost host)
    {
        this.host = host;
        Router = host.Services.GetRequiredService<IRouter>();
    }

    public IRouter Router { get; }
    public int Port { get; private set; }
    public HttpClient Client { get; private set; } = null!;

    public static async Task<InHostWorld> StartAsync(Action<YarpRouterOptions>? configure = null, IStoreOwnership? ownership = null, TimeProvider? time = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        if (ownership is not null) builder.Services.AddSingleton(ownership);
        if (time is not null) builder.Services.AddSingleton(time);
        new FlowBuilder(builder.Services).UseYarpRouter(options =>
        {
            options.Port = 0;
            options.ShutdownGrace = TimeSpan.FromSeconds(1);
            configure?.Invoke(options);
        });
        var world = new InHostWorld(builder.Build());
        await world.host.StartAsync();
        world.Port = world.Router.UrlOf(Routes.Shop).Port;
        world.Client = AppClient.Create(world.Port);
        return world;
    }

    public async Task<Backend> AppAsync(string name)
    {
        var backend = await Backend.StartAsync(name);
        backends.Add(backend);
        return backend;
    }

    public ValueTask SetAsync(string deployment, params Backend[] targets) =>
        Router.SetAsync(Routes.Of(deployment, [.. targets.Select(target => target.Address)]), TestContext.Current.CancellationToken);

    /// <summary>An address at which nobody listens.</summary>
    public static Uri DeadAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        return new($"http://{socket.LocalEndPoint}/");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var backend in backends) backend.Release();
        await host.StopAsync();
        if (host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        foreach (var backend in backends) await backend.DisposeAsync();
    }
}
