using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static Flow.AspNetCore.Tests.WebFlowHost;

namespace Flow.AspNetCore.Tests.Status;

public sealed class Access
{
    private static readonly string[] Paths = ["", "pipelines/shop", "apps/shop-staging", "runs/shop-staging.1", "logs/run/x", "tail/run/x", "assets/flow.css", "assets/flow.js"];

    [Fact]
    public async Task Without_authorization_stops_the_host_outside_Development()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"), "Production");
        (await flow.Invoking(f => f.StartAsync()).Should().ThrowAsync<InvalidOperationException>()).WithMessage("*RequireAuthorization*AllowAnonymous*");
    }

    [Fact]
    public async Task Of_one_group_does_not_protect_another()
    {
        await using var flow = new WebFlowHost(app => { app.MapFlowStatus("/one").RequireAuthorization(); app.MapFlowStatus("/two"); }, "Production", Authenticated);
        (await flow.Invoking(f => f.StartAsync()).Should().ThrowAsync<InvalidOperationException>()).WithMessage("*/two*");
    }

    [Fact]
    public async Task Is_open_when_the_host_says_so()
    {
        await using var flow = await new WebFlowHost(app => app.MapFlowStatus("/flow").AllowAnonymous(), "Production").StartAsync();
        (await flow.PageAsync("/flow/")).Should().Contain("shop");
    }

    [Fact]
    public async Task Covers_every_path_of_the_group()
    {
        await using var flow = await new WebFlowHost(app => app.MapFlowStatus("/flow").RequireAuthorization(), "Production", Authenticated).StartAsync();
        foreach (var path in Paths) (await flow.Client.GetAsync("/flow/" + path)).StatusCode.Should().Be(HttpStatusCode.Unauthorized, path);
        flow.Client.DefaultRequestHeaders.Add("X-User", "ada");
        (await flow.PageAsync("/flow/")).Should().Contain("shop");
    }

    [Fact]
    public async Task Comes_from_an_outer_group_or_a_fallback_policy_too()
    {
        await using var outer = await new WebFlowHost(app => app.MapGroup("/admin").RequireAuthorization().MapFlowStatus("/flow"), "Production", Authenticated).StartAsync();
        (await outer.Client.GetAsync("/admin/flow/")).StatusCode.Should().Be(HttpStatusCode.Unauthorized);

        await using var fallback = await new WebFlowHost(app => app.MapFlowStatus("/flow"), "Production",
            (b, f) => { Authenticated(b, f); b.Services.Configure<AuthorizationOptions>(o => o.FallbackPolicy = o.DefaultPolicy); }).StartAsync();
        foreach (var path in Paths) (await fallback.Client.GetAsync("/flow/" + path)).StatusCode.Should().Be(HttpStatusCode.Unauthorized, path);
    }

    [Fact]
    public async Task Is_refused_with_the_fix_even_if_nothing_looked_at_start_up()
    {
        await using var flow = await new WebFlowHost(app => app.MapFlowStatus("/flow"), "Production", (b, _) => b.Services.RemoveAll<IStartupFilter>()).StartAsync();
        foreach (var path in Paths)
        {
            using var answer = await flow.Client.GetAsync("/flow/" + path);
            answer.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
            (await answer.Content.ReadAsStringAsync()).Should().Contain("RequireAuthorization").And.NotContain("shop");
        }
    }

    [Fact]
    public void Needs_its_services()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        builder.Build().Invoking(a => a.MapFlowStatus("/flow")).Should().Throw<InvalidOperationException>().WithMessage("*AddStatusPage()*");
    }

    private static void Authenticated(WebApplicationBuilder builder, Flow.DependencyInjection.IFlowBuilder flow)
    {
        builder.Services.AddAuthentication("header").AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>("header", null);
        builder.Services.AddAuthorization();
    }

    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, System.Text.Encodings.Web.UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers["X-User"] is [{ Length: > 0 } user]
            ? AuthenticateResult.Success(new(new(new ClaimsIdentity([new(ClaimTypes.Name, user)], Scheme.Name)), Scheme.Name))
            : AuthenticateResult.NoResult());
    }
}
