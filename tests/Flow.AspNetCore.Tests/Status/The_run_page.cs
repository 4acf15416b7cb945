using System.Text;
using Flow.Builds;
using Flow.Logs;
using Flow.Sources;
using Microsoft.AspNetCore.Builder;
using static Flow.AspNetCore.Tests.WebFlowHost;

namespace Flow.AspNetCore.Tests.Status;

public sealed class The_run_page
{
    [Fact]
    public async Task Shows_steps_durations_and_logs_and_stops_refreshing_when_the_run_has_ended()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        flow.Builder.ProcessTypes["release"] = "./migrate";
        flow.Source.Subject = "Sell hats";
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        await flow.EndedAsync(new(Staging, 1));

        var page = await flow.PageAsync("/flow/runs/shop-staging.1");

        page.Should().Contain("Deploy #1").And.Contain(">succeeded</span>").And.Contain("Sell hats").And.Contain("refs/heads/main").And.Contain("Follows from what was observed");
        page.Should().Contain("<b>fetch</b>").And.Contain("<b>build</b>").And.Contain("<b>switch</b>").And.MatchRegex(@"class=""dim"">\d+ ms</span>");
        page.Should().Contain("Running release phase: ./migrate").And.Contain("<summary>release ").And.Contain("href=\"../logs/run/shop-staging.1/release\"");
        page.Should().NotContain("flow.js").And.Contain("href=\"../assets/flow.css?v=");
        (await flow.PageAsync("/flow/apps/shop-staging")).Should().Contain("1 × web").And.Contain("href=\"../runs/shop-staging.1\"").And.Contain(">serves</span>");
    }

    [Fact]
    public async Task Says_why_it_failed_and_where()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        flow.Builder.Answer = _ => WorkStatus<Artifact>.Failed(new("build-failed", "Program.cs(3,1): error CS1002: ; expected"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.AppAsync(Staging, a => a.Runs == 1, "a run was planned");
        await flow.EndedAsync(new(Staging, 1));

        var page = await flow.PageAsync("/flow/runs/shop-staging.1");

        page.Should().Contain("<pre class=\"reason\">build: Program.cs(3,1)").And.MatchRegex(@"<b>build</b> <span class=""pill bad"">failed</span>").And.MatchRegex(@"<li class=""todo""><b>deploy</b>");
    }

    [Fact]
    public async Task Shows_checks_and_who_approved()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(Definition with { Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main", Gates = ["approval"] }] });
        await flow.AppAsync(Staging, a => a.Runs == 1, "a run was planned");
        var checks = (IChecks)flow.Services.GetService(typeof(IChecks))!;
        (await checks.ReportAsync(Shop, Commit(1), new("<b>unit</b>", CheckState.Failure, new("https://ci.example/1?a=1&b=2")))).OrThrow();
        (await flow.Runs.ApproveAsync(new(Staging, 1), "ada", "looks \"good\"")).OrThrow();

        var page = await flow.PageAsync("/flow/runs/shop-staging.1");

        page.Should().Contain("&lt;b&gt;unit&lt;/b&gt;").And.Contain("href=\"https://ci.example/1?a=1&amp;b=2\"").And.Contain("<bdi>ada</bdi>").And.Contain("looks &quot;good&quot;");
    }

    [Fact]
    public async Task Shows_the_end_of_a_long_log_without_colours_or_torn_letters()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        var writer = await flow.Logs.OpenAsync(LogId.Parse("run/shop-staging.1/deploy"), default);
        await writer.AppendAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("€", 100_000)) + "\n\u001b[1;31mred\u001b[0m and done\n"), default);

        var page = await flow.PageAsync("/flow/runs/shop-staging.1");

        page.Should().Contain("red and done").And.NotContain("[1;31m").And.NotContain("\ufffd").And.Contain("The end of a long log, from byte ");
        page.Length.Should().BeLessThan(200_000);
    }
}
