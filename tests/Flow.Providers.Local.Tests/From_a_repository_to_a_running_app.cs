using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Logs;
using Flow.Providers.Local;
using Flow.Providers.Local.Tests.Files;
using Flow.Providers.Local.Tests.Git;
using Flow.Providers.Local.Tests.Runtime;
using Flow.Providers.Local.Tests.Supervision;
using Flow.Runtimes;
using Flow.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Flow.Providers.Local.Tests;

/// <summary>The local providers together, registered as a host registers them, with real git, real dotnet and real supervisors.</summary>
public sealed class From_a_repository_to_a_running_app : IDisposable
{
    private readonly TemporaryDirectory temporary = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Serves_what_was_pushed_and_finds_a_build_again_after_a_restart()
    {
        var origin = await GitRepository.CreateAsync(temporary, ("src/shop.cs", "#:sdk Microsoft.NET.Sdk.Web\nvar app = WebApplication.CreateBuilder(args).Build(); app.MapGet(\"/\", () => \"pushed\"); app.Run();"));
        var repository = Provider.Repository(origin.Url, "src");

        WorkStatus<Artifact> status;
        using (var first = Host())
        {
            status = await BuildAsync(first);
            status.IsRunning.Should().BeTrue();
        }
        using var restarted = Host();
        status = await RuntimeBench.EndAsync(() => new ValueTask<WorkStatus<Artifact>>(BuildAsync(restarted)));
        status.Failure.Should().BeNull();
        var artifact = status.Value!;

        var runtime = restarted.Services.GetRequiredKeyedService<IRuntime>("local");
        var spec = RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", artifact.ProcessTypes["web"], 1, true)) with { Artifact = artifact, Environment = new Dictionary<string, string>() };
        var deployed = await RuntimeBench.EndAsync(() => runtime.DeployAsync(spec, token));
        deployed.Failure.Should().BeNull();
        (await RuntimeBench.GetAsync(deployed.Value!.Endpoints.Single())).Should().Be("pushed");
        await runtime.StopAsync(spec.Id, TimeSpan.FromSeconds(2), token);
        (await runtime.ListAsync(token)).Should().BeEmpty();

        async Task<WorkStatus<Artifact>> BuildAsync(IHost host)
        {
            var source = host.Services.GetRequiredKeyedService<ISourceProvider>("git");
            var head = (await source.ListAsync(repository, token)).Branches["main"];
            return await host.Services.GetRequiredKeyedService<IBuilder>("local").BuildAsync(new()
            {
                Id = "b1",
                Source = await source.FetchAsync(repository, head, token),
                Revision = new() { Sha = head, Ref = "refs/heads/main", Trust = Trust.Trusted },
                Repository = repository,
                CacheKey = "shop",
                Log = LogId.Parse("run/b1/build"),
                Timeout = TimeSpan.FromMinutes(1),
            }, token);
        }
    }

    private IHost Host()
    {
        var host = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        host.Services.Configure<LocalOptions>(o =>
        {
            o.DataDirectory = temporary["data"];
            o.SupervisorCommand.Add(SupervisionBench.TestHost);
        });
        new Builder(host.Services).AddGit().AddLocalBuilder().AddLocalRuntime();
        return host.Build();
    }

    private sealed record Builder(IServiceCollection Services) : IFlowBuilder;
}
