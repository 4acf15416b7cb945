using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Flow.Routing.Yarp.OwnProcess;
using Flow.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Flow.Routing.Yarp.Tests.Worlds;

/// <summary>A directory and a port for one router process, hosts that use it, and apps. Leaves nothing running.</summary>
internal sealed class OwnProcessWorld : IAsyncDisposable
{
    private readonly List<IHost> hosts = [];
    private readonly List<Backend> backends = [];

    public OwnProcessWorld()
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)free.LocalEndPoint!).Port;
        Client = AppClient.Create(Port);
        Connection = new(Files, TimeProvider.System);
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("flow-router-").FullName;
    public int Port { get; }
    public HttpClient Client { get; }
    public RouterConnection Connection { get; }
    public RouterFiles Files => new(Directory);

    public async Task<IRouter> HostAsync(Action<YarpRouterOptions>? configure = null, IStoreOwnership? ownership = null)
    {
        var host = CreateHost(Directory, Port, configure, ownership);
        hosts.Add(host);
        await host.StartAsync();
        return host.Services.GetRequiredService<IRouter>();
    }

    public async Task StopHostsAsync()
    {
        foreach (var host in hosts)
        {
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }
        hosts.Clear();
    }

    public async Task<Backend> AppAsync(string name)
    {
        var backend = await Backend.StartAsync(name);
        backends.Add(backend);
        return backend;
    }

    public async Task KillRouterAsync()
    {
        using var router = Process.GetProcessById((await Connection.StatusAsync(TestContext.Current.CancellationToken)).ProcessId);
        router.Kill();
        await router.WaitForExitAsync();
    }

    public static IHost CreateHost(string directory, int port, Action<YarpRouterOptions>? configure = null, IStoreOwnership? ownership = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        if (ownership is not null) builder.Services.AddSingleton(ownership);
        AddRouter(builder.Services, directory, port, configure);
        return builder.Build();
    }

    public void AddRouter(IServiceCollection services, Action<YarpRouterOptions> configure) => AddRouter(services, Directory, Port, configure);

    private static void AddRouter(IServiceCollection services, string directory, int port, Action<YarpRouterOptions>? configure) =>
        new FlowBuilder(services).UseYarpRouterProcess(options =>
        {
            options.Port = port;
            options.Process.Directory = directory;
            options.ShutdownGrace = TimeSpan.FromSeconds(1);
            configure?.Invoke(options);
        });

    public async ValueTask DisposeAsync()
    {
        await StopHostsAsync();
        try
        {
            await Connection.StopAsync(CancellationToken.None);
        }
        catch (Exception e) when (RouterConnection.IsAway(e))
        {
            // Stopped by the test.
        }
        await Eventually.BeAsync(async () =>
        {
            await using var held = Files.TryLock();
            return held is not null;
        });
        Client.Dispose();
        Connection.Dispose();
        foreach (var backend in backends) await backend.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
