using Flow.Routing.Yarp.OwnProcess;
using Flow.Routing.Yarp.Tests.Worlds;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Flow.Routing.Yarp.Tests;

public sealed class Options_of_the_router
{
    [Fact]
    public void Are_wrong_all_at_once_each_with_its_key()
    {
        var options = new YarpRouterOptions { Port = -1, PublicPort = 0, ListenAddress = "localhost", Domain = ".x y", Scheme = "ftp", ActivityTimeout = TimeSpan.Zero };
        options.Process.Directory = "/" + new string('a', 200);
        var result = new YarpRouterOptionsValidator(RouterMode.OwnProcess).Validate(null, options);
        result.Failures.Should().HaveCount(7).And.OnlyContain(failure => failure.StartsWith("Flow:Router:"));
        new YarpRouterOptionsValidator(RouterMode.InHost).Validate(null, new()).Succeeded.Should().BeTrue();
        new YarpRouterOptionsValidator(RouterMode.OwnProcess).Validate(null, new() { Port = 0 }).FailureMessage.Should().Contain("fixed port");
    }

    [Fact]
    public void Come_from_configuration_and_then_from_code()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Flow:Router:Port"] = "6000", ["Flow:Router:Domain"] = "apps.example.com", ["Flow:Router:Process:Directory"] = "/tmp/r", ["Flow:Router:Process:Command:0"] = "flow",
        });
        new FlowBuilder(builder.Services).UseYarpRouterProcess(options => options.Port = 7000).UseYarpRouterProcess(options => options.Scheme = "https");
        using var host = builder.Build();
        var options = host.Services.GetRequiredService<IOptions<YarpRouterOptions>>().Value;
        (options.Port, options.Domain, options.Scheme, options.Process.Directory).Should().Be((7000, "apps.example.com", "https", "/tmp/r"));
        options.Process.Command.Should().Equal("flow");
        host.Services.GetServices<IRouter>().Should().ContainSingle();
        host.Services.GetServices<IHostedService>().Should().ContainSingle();
        RouterSettings.Parse(RouterSettings.From(options).ToString()).Should().Be(RouterSettings.From(options));
    }

    [Fact]
    public async Task Stop_the_host_when_they_are_wrong()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        new FlowBuilder(builder.Services).UseYarpRouter(options => options.Port = 70_000);
        using var host = builder.Build();
        await FluentActions.Awaiting(() => host.StartAsync()).Should().ThrowAsync<OptionsValidationException>().WithMessage("*Flow:Router:Port*");
    }

    [Fact]
    public void Do_not_allow_two_routers() =>
        FluentActions.Invoking(() => new FlowBuilder(new ServiceCollection()).UseYarpRouter().UseYarpRouterProcess()).Should().Throw<InvalidOperationException>().WithMessage("*choose one*");

    [Fact]
    public async Task Give_the_url_that_people_see()
    {
        await using var world = await InHostWorld.StartAsync(options => (options.Scheme, options.Domain, options.PublicPort) = ("https", "apps.example.com", 443));
        world.Router.UrlOf(Routes.Shop).Should().Be("https://shop.apps.example.com/");
    }

    [Fact]
    public void Are_left_alone_by_ordinary_arguments()
    {
        FlowRouter.TryRun([], out var none).Should().BeFalse();
        FlowRouter.TryRun(["run", FlowRouter.Verb], out var other).Should().BeFalse();
        (none, other).Should().Be((0, 0));
        FlowRouter.TryRun([FlowRouter.Verb], out var wrong).Should().BeTrue();
        wrong.Should().Be(64);
        FlowRouter.TryRun([FlowRouter.Verb, "{\"port\":1}"], out wrong).Should().BeTrue();
        wrong.Should().Be(64);
    }
}
