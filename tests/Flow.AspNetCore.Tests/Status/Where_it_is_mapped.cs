using System.Net;
using System.Text.RegularExpressions;
using Flow.DependencyInjection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using static Flow.AspNetCore.Tests.WebFlowHost;

namespace Flow.AspNetCore.Tests.Status;

public sealed partial class Where_it_is_mapped
{
    [Theory]
    [InlineData("", "/flow")]
    [InlineData("/paas", "/flow")]
    [InlineData("/paas", "/")]
    [InlineData("", "/ops/deep/flow/")]
    public async Task Every_link_leads_somewhere(string pathBase, string prefix)
    {
        await using var flow = new WebFlowHost(app =>
        {
            if (pathBase.Length > 0) app.UsePathBase(pathBase);
            app.UseRouting();
            app.MapFlowStatus(prefix);
        });
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        await flow.EndedAsync(new(Staging, 1));
        var start = new Uri(flow.Client.BaseAddress!, $"{pathBase}{prefix.TrimEnd('/')}/");

        HashSet<Uri> seen = [];
        Queue<Uri> left = new([start]);
        while (left.TryDequeue(out var url))
        {
            if (!seen.Add(url)) continue;
            using var answer = await flow.Client.GetAsync(url);
            answer.StatusCode.Should().Be(HttpStatusCode.OK, url.ToString());
            if (answer.Content.Headers.ContentType?.MediaType != "text/html") continue;
            foreach (Match link in Links().Matches(await answer.Content.ReadAsStringAsync()))
                if (new Uri(url, WebUtility.HtmlDecode(link.Groups[1].Value)) is { Scheme: "http", Host: "127.0.0.1" } next)
                {
                    next.AbsolutePath.Should().StartWith(start.AbsolutePath);
                    left.Enqueue(next);
                }
        }
        seen.Count.Should().BeGreaterThan(8);
    }

    [Fact]
    public async Task Without_its_slash_it_leads_on_relatively_so_that_a_proxy_may_strip_a_prefix()
    {
        await using var flow = await new WebFlowHost(app => { app.UsePathBase("/paas"); app.UseRouting(); app.MapFlowStatus("/flow"); }).StartAsync();
        using var answer = await flow.Client.GetAsync("/paas/flow?after=a");
        answer.StatusCode.Should().Be(HttpStatusCode.Redirect);
        answer.Headers.Location!.ToString().Should().Be("flow/?after=a");
    }

    [Fact]
    public async Task Every_answer_forbids_what_the_page_does_not_need()
    {
        await using var flow = await new WebFlowHost(app => app.MapFlowStatus("/flow")).StartAsync();
        foreach (var path in (string[])["/flow/", "/flow", "/flow/apps/shop-staging", "/flow/apps/nope", "/flow/assets/flow.js", "/flow/logs/run/x", "/flow/logs/run/x?offset=zzz"])
        {
            using var answer = await flow.Client.GetAsync(path);
            answer.Headers.GetValues("Content-Security-Policy").Should().Equal(
                ["default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"], path);
            answer.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
            answer.Headers.GetValues("Referrer-Policy").Should().Equal("no-referrer");
        }
        var page = await flow.PageAsync("/flow/");
        page.Should().NotContain(" style=").And.NotContain("<style").And.NotMatchRegex("<script[^>]*>[^<]").And.NotMatchRegex(" on[a-z]+=");
        (await flow.Client.PostAsync("/flow/", null)).StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Mapping_it_makes_nothing_so_that_start_up_tells_what_is_missing()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Services.AddFlow().AddStatusPage();
        await using var app = builder.Build();
        app.MapFlowStatus("/flow").AllowAnonymous();
        (await app.Awaiting(a => a.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().Contain(f => f.Contains("UseSqlite"));
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Links();
}
