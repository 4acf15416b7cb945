using Flow.DependencyInjection;
using Flow.Pipelines;
using Flow.Sources;
using Flow.Storage;
using Flow.Testing.Fakes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Flow.Core.Tests.DependencyInjection;

public sealed class Start_up
{
    private static async Task<OptionsValidationException> FailureOfAsync(Action<IFlowBuilder>? configure = null, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value));
        configure?.Invoke(builder.Services.AddFlow(builder.Configuration.GetSection("Flow")));
        if (configure is null) builder.Services.AddFlow(builder.Configuration.GetSection("Flow"));
        using var host = builder.Build();
        return (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).Which;
    }

    [Fact]
    public async Task Names_everything_that_is_missing_at_once_with_its_fix()
    {
        var failure = await FailureOfAsync();
        failure.Failures.Should().Contain(f => f.Contains("UseSqlite")).And.Contain(f => f.Contains("UseYarpRouter")).And.Contain(f => f.Contains("log store"));
    }

    [Fact]
    public async Task Names_every_wrong_setting_with_its_key()
    {
        var failure = await FailureOfAsync(
            f => f.AddProvider<ISourceProvider>("git", _ => new FakeSource()).Services.AddSingleton<IFlowStore>(new MemoryFlowStore(TimeProvider.System)),
            ("Flow:Pipelines:shop:Repository:Url", ""),
            ("Flow:Pipelines:shop:LookIntervall", "1"),
            ("Flow:Pipelines:shop:BuildTimeout", "soon"),
            ("Flow:Pipelines:shop:Apps:shop-staging:Stage", "Review"),
            ("Flow:Pipelines:shop:Apps:shop-staging:Gates:0", "nope"),
            ("Flow:Pipelines:shop:Apps:Shop!:Stage", "Staging"),
            ("Flow:Pipelines:shop:Apps:shop-live:Gates", "approval"),
            ("Flow:Pipelines:shop:Health:Pfad", "/"),
            ("Flow:Pipelines:shop:AddOns:data:Plann", "x"),
            ("Flow:Pipelines:shop:Apps:shop-staging:Config:FLOW_APP_NAME", "x"));

        foreach (var expected in new[]
        {
            "Flow:Pipelines:shop:Repository:Url: is missing", "LookIntervall: there is no such setting", "BuildTimeout: 'soon' is no TimeSpan", "Review apps are made by Flow itself",
            "there is no IGate named 'nope'; registered: approval, checks", "'Shop!' is no name", "'FLOW_APP_NAME' is no name", "shop-live:Stage: is missing: choose Development, Staging or Production", "shop-live:Gates: is a list",
            "Health:Pfad: there is no such setting", "AddOns:data:Plann: there is no such setting", "there is no IBuilder named 'local'; registered: none",
        }) failure.Failures.Should().Contain(f => f.Contains(expected), expected);
    }

    [Fact]
    public async Task Refuses_two_providers_of_one_name_and_steps_that_stand_nowhere()
    {
        var failure = await FailureOfAsync(f => f.AddProvider<ISourceProvider>("git", _ => new FakeSource()).AddProvider<ISourceProvider>("Git", _ => new FakeSource())
            .AddRunStep<NoStep>("smoke", "lunch"));
        failure.Failures.Should().Contain(f => f.Contains("2 registrations of ISourceProvider named 'git'")).And.Contain(f => f.Contains("there is no step 'lunch'"));
    }

    [Fact]
    public async Task Refuses_one_name_in_code_and_configuration_and_an_app_of_two_pipelines()
    {
        var coded = new PipelineDefinition { Name = PipelineName.Parse("shop"), Repository = new() { Url = "x" }, Apps = [new() { Name = AppName.Parse("shop-live"), Stage = Stage.Production }] };
        var failure = await FailureOfAsync(f => f.AddPipeline(coded).AddPipeline(coded with { Name = PipelineName.Parse("other") }).AddRunStep<NoStep>("smoke", "deploy", timeout: TimeSpan.FromDays(2)),
            ("Flow:Pipelines:shop:Repository:Url", "x"));
        failure.Failures.Should().Contain(f => f.Contains("Flow:Pipelines:shop: is declared 2 times")).And.Contain(f => f.Contains("App shop-live is declared by several pipelines (other, shop)"))
            .And.Contain(f => f.Contains("Run step 'smoke': its timeout must be more than 0 and at most a day"));
    }

    [Theory]
    [InlineData("https://ada:token-123@git.example.org/shop.git", true)]
    [InlineData("HTTP://token-123@git.example.org", true)]
    [InlineData("ssh://git:token-123@git.example.org/shop.git", true)]
    [InlineData("ssh://git@git.example.org:22/shop.git", false)]
    [InlineData("git@git.example.org:shop.git", false)]
    [InlineData("https://git.example.org:8443/a@b/shop.git", false)]
    [InlineData("/srv/git/shop.git", false)]
    public void Stores_no_credentials_of_a_repository(string url, bool refused)
    {
        var errors = PipelineValidator.Validate(new() { Name = PipelineName.Parse("shop"), Repository = new() { Url = url } }, []).Where(e => e.Contains("Repository:Url"));
        errors.Any().Should().Be(refused);
        errors.Should().NotContain(e => e.Contains("token-123"));
    }

    [Fact]
    public void Bounds_every_duration()
    {
        var definition = new PipelineDefinition { Name = PipelineName.Parse("shop"), Repository = new() { Url = "x" } };
        string[] Wrong(PipelineDefinition d) => [.. PipelineValidator.Validate(d, []).Where(e => e.Contains("must"))];
        Wrong(definition with { StopGrace = TimeSpan.Zero, DrainDeadline = TimeSpan.FromHours(1) }).Should().BeEmpty();
        var day = TimeSpan.FromDays(1) + TimeSpan.FromTicks(1);
        Wrong(definition with
        {
            LookInterval = day, BuildTimeout = day, ReleaseTimeout = TimeSpan.Zero, StopGrace = TimeSpan.FromSeconds(-1), DrainDeadline = TimeSpan.FromHours(2),
            Health = new() { Path = "/" + new string('x', 1_000), Timeout = day },
        }).Should().HaveCount(7);
    }

    [Fact]
    public void Reads_pipelines_from_configuration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["P:shop:Repository:Url"] = "https://git.example.org/shop.git",
            ["P:shop:Repository:ProposalBranches:0"] = "review/*",
            ["P:shop:LookInterval"] = "00:00:05",
            ["P:shop:Apps:shop-staging:Stage"] = "Staging",
            ["P:shop:Apps:shop-staging:Branch"] = "main",
            ["P:shop:ReviewApps:Config:GREETING"] = "Hi",
            ["P:shop:AddOns:data:Provider"] = "sqlite",
        }).Build();

        new ConfiguredPipelines(configuration.GetSection("P")).Read(out var read).Should().BeEmpty();

        var shop = read.Should().ContainSingle().Subject;
        shop.LookInterval.Should().Be(TimeSpan.FromSeconds(5));
        shop.Repository.ProposalBranches.Should().Equal("review/*");
        shop.Apps.Should().ContainSingle().Which.Should().Match<AppDefinition>(a => a.Stage == Stage.Staging && a.Branch == "main");
        shop.ReviewApps!.Config.Should().Contain("GREETING", "Hi");
        shop.AddOns.Should().ContainSingle().Which.Provider.Should().Be("sqlite");
    }

    private sealed class NoStep : Flow.Runs.IRunStep
    {
        public ValueTask<Flow.Runs.StepResult> ExecuteAsync(Flow.Runs.StepContext context, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
