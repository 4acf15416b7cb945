using System.Net;
using Flow.DependencyInjection;
using Flow.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Moq;

namespace Flow.AspNetCore.Tests.Health;

public sealed class Health_endpoints
{
    [Fact]
    public async Task Are_live_and_ready_when_the_engine_comes_round()
    {
        await using var flow = await new WebFlowHost(app => app.MapFlowHealth(), configure: (b, _) => b.Services.AddHealthChecks().AddFlow()).StartAsync();
        (await flow.PageAsync("/health/live")).Should().Be("Healthy");
        (await flow.UntilAsync(() => flow.PageAsync("/health/ready"), b => b == "Healthy", "the engine came round")).Should().Be("Healthy");
    }

    [Fact]
    public async Task Stay_live_but_are_not_ready_when_the_store_is_down()
    {
        var store = new Mock<IFlowStore>();
        var down = new FlowException("store-unavailable", "the disk is gone", transient: true);
        store.SetReturnsDefault(Task.CompletedTask);
        store.Setup(s => s.ClaimAsync(It.IsAny<string>(), It.IsAny<int>(), It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>())).ThrowsAsync(down);
        store.Setup(s => s.CountEventsAsync(It.IsAny<CancellationToken>())).ThrowsAsync(down);
        store.Setup(s => s.ListAsync(It.IsAny<string>(), It.IsAny<string?>(), It.IsAny<int>(), It.IsAny<CancellationToken>())).ThrowsAsync(down);
        await using var flow = new WebFlowHost(app => { app.MapFlowHealth(); app.MapFlowStatus("/flow"); }, configure: (b, _) => b.Services.AddHealthChecks().AddFlow(), store: store.Object);
        await flow.ListenAsync();

        (await flow.PageAsync("/health/live")).Should().Be("Healthy");
        (await flow.Client.GetAsync("/health/ready")).StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        using var page = await flow.Client.GetAsync("/flow/");
        page.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        (await page.Content.ReadAsStringAsync()).Should().Contain("the disk is gone").And.Contain("<h1>This cannot be read now</h1>");
    }

    [Fact]
    public void Need_the_check()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting().AddHealthChecks();
        builder.Build().Invoking(a => a.MapFlowHealth()).Should().Throw<InvalidOperationException>().WithMessage("*AddHealthChecks().AddFlow()*");
    }
}
