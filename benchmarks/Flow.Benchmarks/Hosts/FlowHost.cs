using Flow.AspNetCore;
using Flow.Benchmarks.Durable;
using Flow.DependencyInjection;
using Flow.Providers.Local;
using Flow.Routing.Yarp;
using Flow.Runs;
using Flow.Storage.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Flow.Benchmarks.Hosts;

/// <summary>The same host with Flow in it, with everything that runs on one machine.</summary>
internal static class FlowHost
{
    /// <summary>Starts on a store, and is "working" when a run that waited there, approved by then, has ended.</summary>
    public static async Task RunAsync(string directory, string waiting)
    {
        var builder = WebApplication.CreateBuilder([]);
        Ports.Configure(builder, out var port);
        var routerPort = Ports.Free();
        Add(builder, directory, routerPort).AddNoOps();
        var app = builder.Build();
        Map(app);
        await app.StartAsync();

        var runs = app.Services.GetRequiredService<IRuns>();
        var run = RunId.Parse(waiting);
        (await runs.ApproveAsync(run, "benchmark")).OrThrow();
        while (await runs.GetAsync(run) is { Closed: false }) await Task.Delay(1);
        Console.WriteLine("working");
        await Ports.AskAsync(port, "/health/live");
        await Ports.AskAsync(routerPort, "/", "nobody.localhost");
        Console.WriteLine("asked");
        await app.WaitForShutdownAsync();
    }

    public static IFlowBuilder Add(WebApplicationBuilder builder, string directory, int routerPort)
    {
        builder.Configuration["Flow:Local:DataDirectory"] = directory;
        builder.Services.AddHealthChecks().AddFlow();
        return builder.Services.AddFlow(builder.Configuration.GetSection("Flow"))
            .UseSqlite(Path.Combine(directory, "flow.db"))
            .UseDataProtection(Path.Combine(directory, "keys"), options => options.AllowUnencryptedKeys = true)
            .UseYarpRouter(router => router.Port = routerPort)
            .AddGit().AddLocalBuilder().AddLocalRuntime().AddSqliteAddOn().AddStatusPage();
    }

    public static void Map(WebApplication app)
    {
        app.MapFlowHealth();
        app.MapFlowStatus("/flow").AllowAnonymous();
    }
}
