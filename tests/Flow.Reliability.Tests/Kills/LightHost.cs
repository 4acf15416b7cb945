using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Logs;
using Flow.Pipelines;
using Flow.Routing;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Storage.Sqlite;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flow.Reliability.Tests.Kills;

/// <summary>The child with the real engine on a real file, and an outside that is a journal.</summary>
internal static class LightHost
{
    public const string Name = "light-host", TooEarly = "answers-too-early";
    public static readonly PipelineName Pipeline = PipelineName.Parse("shop");
    public static readonly AppName[] Staging = [.. Enumerable.Range(1, 3).Select(n => AppName.Parse($"shop-staging-{n}"))];
    public static readonly AppName Production = AppName.Parse("shop-production");

    public static string DatabaseOf(string directory) => Path.Combine(directory, "flow.db");
    public static string JournalOf(string directory) => Path.Combine(directory, "journal");
    public static string HeadOf(string directory) => Path.Combine(directory, "main");

    public static async Task<int> RunAsync(string directory, bool tooEarly)
    {
        using var journal = new Journal(JournalOf(directory));
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging(l => l.AddProvider(new StandardErrorLogs()));
        builder.Services.AddSingleton<IRouter>(new FakeRouter()).AddSingleton<ILogStore>(new MemoryLogStore());
        builder.Services.AddFlow().UseSqlite(DatabaseOf(directory)).AddPipeline(Definition)
            .AddProvider<ISourceProvider>("file", _ => new FileSource(HeadOf(directory)))
            .AddProvider<IBuilder>("journal", _ => new JournaledBuilder(journal))
            .AddProvider<IRuntime>("journal", _ => new JournaledRuntime(journal));
        builder.Services.AddHealthChecks().AddFlow();
        using var host = builder.Build();
        await host.StartAsync();
        await new Conversation(host.Services, Pipeline, tooEarly).RunAsync();
        await host.StopAsync();
        return 0;
    }

    private static PipelineDefinition Definition => new()
    {
        Name = Pipeline,
        Repository = new() { Url = "file" },
        Source = "file",
        Builder = "journal",
        Runtime = "journal",
        LookInterval = TimeSpan.FromMilliseconds(200),
        DrainDeadline = TimeSpan.Zero,
        Apps = [.. Staging.Select(name => new AppDefinition { Name = name, Stage = Stage.Staging, Branch = "main" }), new() { Name = Production, Stage = Stage.Production }],
    };
}
