using Flow.AddOns;
using Flow.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Moq;

namespace Flow.Providers.PostgreSql.Tests;

public sealed class The_options
{
    private static readonly string Key = Convert.ToBase64String(new byte[32]);

    private static ServiceProvider Services(Action<PostgreSqlOptions> configure)
    {
        var services = new ServiceCollection();
        var builder = Mock.Of<IFlowBuilder>(b => b.Services == services);
        builder.AddPostgreSql("Postgres", o =>
        {
            (o.AdminConnectionString, o.CredentialKey) = ("Host=db.internal;Username=flow;Password=topsecret", Key);
            configure(o);
        });
        return services.BuildServiceProvider();
    }

    [Fact]
    public async Task That_are_good_make_a_provider_without_a_server()
    {
        await using var services = Services(_ => { });
        var provider = services.GetRequiredKeyedService<IAddOnProvisioner>("postgres");
        provider.Catalogue.Plans.Select(p => p.Name).Should().Equal("shared", "shared-large");
        provider.Catalogue.Should().Match<AddOnCatalogue>(c => c.Prefix == "DATABASE" && !c.Seedable);
        provider.Should().BeAssignableTo<IAddOnPooling>().And.BeAssignableTo<IAddOnRotation>();
    }

    public static TheoryData<string, Action<PostgreSqlOptions>> Bad => new()
    {
        { "AdminConnectionString", o => o.AdminConnectionString = "" },
        { "AdminConnectionString", o => o.AdminConnectionString = "Host=x;Port=topsecret" },
        { "AdminConnectionString", o => o.AdminConnectionString = "topsecret" },
        { "CredentialKey", o => o.CredentialKey = "" },
        { "CredentialKey", o => o.CredentialKey = "topsecret" },
        { "CredentialKey", o => o.CredentialKey = Convert.ToBase64String(new byte[31]) },
        { "PublicHost", o => o.PublicHost = "a/b" },
        { "PublicHost", o => o.AdminConnectionString = "Host=/run/postgresql;Username=x" },
        { "PublicHost", o => o.AdminConnectionString = "Host=a,b;Username=x" },
        { "PublicPort", o => o.PublicPort = 70_000 },
        { "SslMode", o => o.SslMode = "yes&x=1" },
        { "NamePrefix", o => o.NamePrefix = "" },
        { "NamePrefix", o => o.NamePrefix = "flow" },
        { "NamePrefix", o => o.NamePrefix = "a\";b_" },
        { "NamePrefix", o => o.NamePrefix = new string('a', 20) + "_" },
        { "Plans", o => o.Plans["A B"] = new() },
        { "Plans[a].ConnectionLimit", o => o.Plans["a"] = new() { ConnectionLimit = -1 } },
        { "Plans[a].StatementTimeout", o => o.Plans["a"] = new() { StatementTimeout = TimeSpan.Zero } },
        { "Seeds", o => o.Seeds.Add("a\"b") },
        { "SeedPrefix", o => o.SeedPrefix = "" },
        { "MaxSeedObjects", o => o.MaxSeedObjects = 0 },
        { "AdminConnections", o => o.AdminConnections = 0 },
        { "StatementTimeout", o => o.StatementTimeout = TimeSpan.Zero },
        { "OldCredentials", o => o.OldCredentials = TimeSpan.FromMinutes(2) },
    };

    [Theory, MemberData(nameof(Bad))]
    public async Task That_are_bad_are_named_and_never_quoted(string key, Action<PostgreSqlOptions> spoil)
    {
        await using var services = Services(spoil);
        var thrown = FluentActions.Invoking(() => services.GetRequiredKeyedService<IAddOnProvisioner>("postgres")).Should().Throw<OptionsValidationException>().Which;
        thrown.Message.Should().StartWith($"PostgreSqlOptions.{key} of 'postgres' ");
        thrown.ToString().Should().NotContain("topsecret");
    }

    [Fact]
    public async Task Are_told_all_at_once_and_each_server_has_its_own()
    {
        var services = new ServiceCollection();
        var builder = Mock.Of<IFlowBuilder>(b => b.Services == services);
        builder.AddPostgreSql("good", o => (o.AdminConnectionString, o.CredentialKey) = ("Host=db.internal", Key)).AddPostgreSql("bad", _ => { });
        await using var built = services.BuildServiceProvider();
        built.GetRequiredKeyedService<IAddOnProvisioner>("good").Should().NotBeNull();
        FluentActions.Invoking(() => built.GetRequiredKeyedService<IAddOnProvisioner>("bad")).Should().Throw<OptionsValidationException>().Which.Failures.Should().HaveCount(2);
    }

    [Fact]
    public void Say_what_suits_which_purpose()
    {
        PostgreSqlOptions options = new();
        options.Plans["small"] = new() { ConnectionLimit = 5 };
        options.Plans["large"] = new() { ConnectionLimit = 50, DefaultFor = { AddOnPurpose.Production }, CostPerHour = 0.2m };
        var offer = new Instances.Catalogue(options).Offer;
        offer.DefaultFor(AddOnPurpose.Review).Name.Should().Be("small");
        offer.DefaultFor(AddOnPurpose.Production).Should().Match<AddOnPlan>(p => p.Name == "large" && p.CostPerHour == 0.2m);
    }
}
