using Flow.AddOns;
using Flow.DependencyInjection;
using Flow.Gates;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Sources;
using Microsoft.Extensions.Configuration;

namespace Flow.Core.Tests.ReviewApps;

public sealed class A_declaration
{
    private static readonly ProviderDescriptor[] Providers =
    [
        new(typeof(ISourceProvider), "git"), new(typeof(Flow.Builds.IBuilder), "local"), new(typeof(Flow.Runtimes.IRuntime), "local"), new(typeof(IGate), "checks"), new(typeof(IAddOnProvisioner), "db"),
    ];

    private static readonly PipelineDefinition Shop = new() { Name = PipelineName.Parse("shop"), Repository = new() { Url = "fake" } };

    private static IReadOnlyList<string> Errors(PipelineDefinition definition) => PipelineValidator.Validate(definition, Providers);
    private static IReadOnlyList<string> Errors(ReviewAppPolicy policy) => Errors(Shop with { ReviewApps = policy });

    public static TheoryData<ReviewAppPolicy, string> Wrong => new()
    {
        { new() { Create = (ReviewAppCreation)9 }, "ReviewApps:Create: must be Automatic, ByLabel or ByHand" },
        { new() { Label = " " }, "ReviewApps:Label: must have 1 to 100" },
        { new() { Label = new('x', 101) }, "ReviewApps:Label" },
        { new() { Label = "a\u001b" }, "ReviewApps:Label" },
        { new() { BaseName = "Shop" }, "ReviewApps:BaseName: 'Shop' is no base" },
        { new() { BaseName = new('x', 33) }, "ReviewApps:BaseName" },
        { new() { MaxAlive = 0 }, "ReviewApps:MaxAlive: must be between 1 and 5,000" },
        { new() { MaxAlive = 5_001 }, "ReviewApps:MaxAlive" },
        { new() { StaleAfter = TimeSpan.FromMinutes(59), StaleWarning = TimeSpan.Zero }, "ReviewApps:StaleAfter: must be at least an hour" },
        { new() { StaleAfter = TimeSpan.FromDays(367) }, "ReviewApps:StaleAfter" },
        { new() { StaleAfter = TimeSpan.FromDays(1) }, "ReviewApps:StaleWarning: (1.00:00:00) must be shorter than StaleAfter" },
        { new() { StaleWarning = TimeSpan.FromSeconds(-1) }, "ReviewApps:StaleWarning: must be at least 0" },
        { new() { PredestroyTimeout = TimeSpan.Zero }, "ReviewApps:PredestroyTimeout: must be more than 0" },
        { new() { PredestroyTimeout = TimeSpan.FromHours(25) }, "ReviewApps:PredestroyTimeout" },
        { new() { Config = new Dictionary<string, string> { ["FLOW_X"] = "" } }, "ReviewApps:Config: 'FLOW_X' is no name" },
        { new() { Gates = ["nope"] }, "ReviewApps:Gates: there is no IGate named 'nope'" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Is_refused_with_its_place(ReviewAppPolicy policy, string expected) =>
        Errors(policy).Should().ContainSingle().Which.Should().StartWith("Flow:Pipelines:shop:").And.Contain(expected);

    [Fact]
    public void Of_everything_at_its_limits_is_accepted()
    {
        Errors(Shop with
        {
            Repository = new() { Url = "fake", RootFolder = "services/api", Paths = ["services/api/**", "!**/*.md"] },
            AddOnServices = new Dictionary<string, string> { ["heroku-postgresql"] = "db", ["papertrail"] = "" },
            ReviewApps = new() { Create = ReviewAppCreation.ByLabel, Label = "x", BaseName = new('x', 32), MaxAlive = 5_000, StaleAfter = TimeSpan.FromDays(366), StaleWarning = TimeSpan.FromDays(365), PredestroyTimeout = TimeSpan.FromDays(1), WaitForChecks = true },
        }).Should().BeEmpty();
        Errors(new ReviewAppPolicy { MaxAlive = 1, StaleAfter = TimeSpan.FromHours(1), StaleWarning = TimeSpan.Zero }).Should().BeEmpty();
    }

    [Theory]
    [InlineData("/a")]
    [InlineData("a/../b")]
    [InlineData("a\\b")]
    [InlineData("!")]
    [InlineData("")]
    public void Of_a_path_that_is_no_glob_is_refused(string path) =>
        Errors(Shop with { Repository = Shop.Repository with { Paths = ["**", path] } }).Should().ContainSingle().Which.Should().Contain("shop:Repository:Paths").And.Contain("is no glob");

    [Fact]
    public void Of_paths_without_end_or_that_only_take_out_is_refused()
    {
        Errors(Shop with { Repository = Shop.Repository with { Paths = ["!a"] } }).Should().ContainSingle().Which.Should().Contain("only takes out");
        Errors(Shop with { Repository = Shop.Repository with { Paths = [.. Enumerable.Repeat("a", 101)] } }).Should().ContainSingle().Which.Should().Contain("64 are the most");
    }

    [Fact]
    public void Of_services_names_the_provider_that_is_not_there()
    {
        Errors(Shop with { AddOnServices = new Dictionary<string, string> { ["heroku-redis"] = "redis", [" "] = "db" } }).Should().HaveCount(2)
            .And.Contain(e => e.Contains("AddOnServices:heroku-redis: there is no IAddOnProvisioner named 'redis'; registered: db")).And.Contain(e => e.Contains("is no name of a service"));
    }

    [Fact]
    public void Of_two_pipelines_whose_review_apps_would_have_the_same_names_is_refused()
    {
        var api = Shop with { Name = PipelineName.Parse("api"), ReviewApps = new() { BaseName = "shop" } };
        PipelineValidator.ValidateTogether([Shop with { ReviewApps = new() }, api]).Should().ContainSingle().Which.Should().Contain("api, shop").And.Contain("BaseName");
        PipelineValidator.ValidateTogether([Shop, api]).Should().BeEmpty();
    }

    [Fact]
    public void Is_read_from_configuration()
    {
        var definition = Read(
            ("Repository:Url", "fake"), ("Repository:Paths:0", "services/api/**"), ("Repository:Paths:1", "!**/*.md"), ("AddOnServices:heroku-postgresql", "db"), ("AddOnServices:papertrail", ""),
            ("AddOns:data:Provider", "db"), ("AddOns:data:Options:size", "big"),
            ("ReviewApps:Create", "bylabel"), ("ReviewApps:Label", "preview"), ("ReviewApps:Drafts", "false"), ("ReviewApps:WaitForChecks", "true"), ("ReviewApps:BaseName", "web"), ("ReviewApps:MaxAlive", "5"),
            ("ReviewApps:StaleAfter", "5.00:00:00"), ("ReviewApps:StaleWarning", "12:00:00"), ("ReviewApps:PredestroyTimeout", "00:02:00"), ("ReviewApps:Gates:0", "checks"), ("ReviewApps:Config:A", "1")).Single();

        definition.Repository.Paths.Should().Equal("services/api/**", "!**/*.md");
        definition.AddOnServices.Should().BeEquivalentTo(new Dictionary<string, string> { ["heroku-postgresql"] = "db", ["papertrail"] = "" });
        definition.AddOns.Single().Options.Should().Contain("size", "big");
        definition.ReviewApps.Should().BeEquivalentTo(new ReviewAppPolicy
        {
            Create = ReviewAppCreation.ByLabel, Label = "preview", Drafts = false, WaitForChecks = true, BaseName = "web", MaxAlive = 5, StaleAfter = TimeSpan.FromDays(5), StaleWarning = TimeSpan.FromHours(12),
            PredestroyTimeout = TimeSpan.FromMinutes(2), Gates = ["checks"], Config = new Dictionary<string, string> { ["A"] = "1" },
        });
        Read(("Repository:Url", "fake"), ("ReviewApps:Create", "Automatic")).Single().ReviewApps.Should().BeEquivalentTo(new ReviewAppPolicy());
    }

    [Fact]
    public void That_cannot_be_read_names_each_key()
    {
        new ConfiguredPipelines(Section(("ReviewApps:MaxAlive", "many"), ("ReviewApps:StaleAfter", "soon"), ("ReviewApps:Staleafter2", "x"), ("Repository:Paths", "a"))).Read(out _)
            .Should().HaveCount(4).And.Contain(e => e.Contains("MaxAlive: 'many'")).And.Contain(e => e.Contains("StaleAfter: 'soon'")).And.Contain(e => e.Contains("there is no such setting")).And.Contain(e => e.Contains("Paths: is a list"));
    }

    private static IReadOnlyList<PipelineDefinition> Read(params (string Key, string Value)[] settings)
    {
        new ConfiguredPipelines(Section(settings)).Read(out var definitions).Should().BeEmpty();
        return definitions;
    }

    private static IConfigurationSection Section(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => $"Pipelines:shop:{s.Key}", s => (string?)s.Value)).Build().GetSection("Pipelines");
}
