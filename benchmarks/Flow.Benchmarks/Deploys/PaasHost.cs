using System.Globalization;
using System.Text;
using Flow.Apps;
using Flow.Benchmarks.Hosts;
using Flow.DependencyInjection;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Flow.Benchmarks.Deploys;

/// <summary>A small PaaS with real git, real builds and real processes, and the few questions that the benchmark asks it.</summary>
internal static class PaasHost
{
    public const string Staging = "hello-staging", Production = "hello-production";
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(string directory, string repository, int port, int routerPort)
    {
        var builder = WebApplication.CreateBuilder([]);
        Ports.Configure(builder, out _);
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Configuration["Flow:StopAppsOnShutdown"] = "true";
        FlowHost.Add(builder, directory, routerPort).AddPipeline(new()
        {
            Name = PipelineName.Parse("hello"),
            Repository = new() { Url = repository },
            LookInterval = LookInterval,
            Apps = [new() { Name = AppName.Parse(Staging), Stage = Stage.Staging, Branch = "main" }, new() { Name = AppName.Parse(Production), Stage = Stage.Production }],
            Health = new() { Path = "/health" },
            DrainDeadline = TimeSpan.FromSeconds(5),
        });
        var app = builder.Build();
        FlowHost.Map(app);
        // When the pipeline saw this commit at the head of its branch, in Unix milliseconds.
        app.MapGet("/observed/{commit}", async (string commit, IFlowStore store, CancellationToken cancellationToken) =>
            (await store.ReadStreamEventsAsync(new("pipeline", "hello"), 0, 10_000, cancellationToken))
                .First(e => e.Type == "pipeline.head-moved" && Encoding.UTF8.GetString(e.Json.Span).Contains(commit, StringComparison.Ordinal)).At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        app.MapGet("/settled/{app}", async (AppName app, IApps apps) => await apps.GetAsync(app) is { Candidates.Count: 0 } ? Results.Ok() : Results.NotFound());
        app.MapPost("/promote", async (IReleases releases) => (await releases.PromoteAsync(AppName.Parse(Staging), null, null, "benchmark")).Answer.OrThrow());
        await app.StartAsync();
        Console.WriteLine("working");
        await app.WaitForShutdownAsync();
    }
}
