using Flow.DependencyInjection;
using Flow.Pipelines;
using Flow.Providers.Local;
using Flow.Providers.Local.Builds;
using Flow.Routing;
using Flow.Storage.Sqlite;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flow.Reliability.Tests.Kills;

/// <summary>The child with everything real but the router: git, builds and apps as supervised processes, logs in files.</summary>
internal static class LocalHost
{
    public const string Name = "local-host";

    /// <summary>In the environment of everything that a host starts: whose host it is.</summary>
    public const string Mark = "KILLS_RUN";

    /// <summary>Where the commands of apps leave their lines, and how an app starts its web process.</summary>
    public const string Effects = "KILLS_EFFECTS", Program = "KILLS_PROGRAM";
    public static readonly PipelineName Pipeline = PipelineName.Parse("shop");
    public static readonly AppName Staging = AppName.Parse("shop-staging"), Production = AppName.Parse("shop-production");
    public static readonly AppName[] Apps = [Staging, Production];

    public static string DatabaseOf(string directory) => Path.Combine(directory, "flow.db");
    public static string OriginOf(string directory) => Path.Combine(directory, "origin");
    public static string DataOf(string directory) => Path.Combine(directory, "data");

    public static async Task<int> RunAsync(string directory)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging(l => l.AddProvider(new StandardErrorLogs()));
        builder.Services.AddSingleton<IRouter>(new FakeRouter()).AddSingleton<ILanguagePack, TreePack>();
        builder.Services.Configure<LocalOptions>(o =>
        {
            o.DataDirectory = DataOf(directory);
            foreach (var variable in (string[])[Mark, Effects, Program]) o.InheritedVariables.Add(variable);
        });
        builder.Services.AddFlow().UseSqlite(DatabaseOf(directory)).AddGit().AddLocalBuilder().AddLocalRuntime().AddPipeline(Definition(OriginOf(directory)));
        builder.Services.AddHealthChecks().AddFlow();
        using var host = builder.Build();
        await host.StartAsync();
        await new Conversation(host.Services, Pipeline).RunAsync();
        await host.StopAsync();
        return 0;
    }

    private static PipelineDefinition Definition(string origin) => new()
    {
        Name = Pipeline,
        Repository = new() { Url = origin },
        LookInterval = TimeSpan.FromMilliseconds(500),
        DrainDeadline = TimeSpan.Zero,
        StopGrace = TimeSpan.FromSeconds(1),
        Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main" }, new() { Name = Production, Stage = Stage.Production }],
    };
}
