using System.Net;
using Flow.Builds;
using Flow.Runs;
using Microsoft.AspNetCore.Builder;
using static Flow.AspNetCore.Tests.WebFlowHost;

namespace Flow.AspNetCore.Tests.Status;

public sealed class The_board
{
    [Fact]
    public async Task Shows_apps_by_stage_with_release_commit_and_url()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        flow.Source.Subject = "Sell hats";
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);

        var page = await flow.PageAsync("/flow/");

        page.Should().Contain("<h3>Staging</h3>").And.Contain("<h3>Production</h3>").And.NotContain("<h3>Review apps</h3>");
        page.Should().Contain(">v1</span>").And.Contain($"title=\"{Commit(1)}\"").And.Contain("Sell hats").And.Contain("href=\"http://shop-staging.localhost/\"");
        page.Should().Contain("Promote a release to it.");
    }

    [Fact]
    public async Task Says_what_waits_for_whom()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(Definition with { Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main", Gates = ["approval"] }] });

        var page = await flow.UntilAsync(() => flow.PageAsync("/flow/"), p => p.Contains("Waits for"), "the run waits");

        page.Should().Contain("an approval of this run").And.Contain("can be changed by whoever may approve").And.Contain(">waits</span>");
    }

    [Fact]
    public async Task Says_what_is_wrong_with_repository_builds_and_requests()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        flow.Builder.Answer = _ => WorkStatus<Artifact>.Failed(new("build-failed", "Program.cs(3,1): error CS1002: ; expected"));
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(Definition with { Apps = [.. Definition.Apps, new() { Name = AppName.Parse("shop-development"), Stage = Stage.Development, Branch = "develop" }] });
        await flow.AppAsync(Staging, a => a.Runs == 1, "a run was planned");
        (await flow.EndedAsync(new(Staging, 1))).Status.Should().Be(RunStatus.Failed);
        await flow.Apps.RestartAsync(Production, "ada");
        flow.Source.Outage = new("source-unreachable", "git.example does not answer", transient: true);

        var page = await flow.UntilAsync(() => flow.PageAsync("/flow/"), p => p.Contains("does not answer"), "the outage shows");

        page.Should().Contain("Program.cs(3,1): error CS1002").And.Contain("Branch &#x27;develop&#x27; is not in").And.Contain("restart shop-production").And.Contain("it has no release");
    }

    [Fact]
    public async Task Of_nothing_says_how_to_begin_and_one_pipeline_has_a_page_of_its_own()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        await flow.StartAsync();
        (await flow.PageAsync("/flow/pipelines/shop")).Should().Contain("shop-production");
        (await flow.PageAsync("/flow/?after=zzz")).Should().Contain("There is no pipeline yet");
        foreach (var unknown in (string[])["pipelines/nope", "pipelines/No%20name", "apps/nope", "apps/%3Cscript%3E", "runs/nope.1", "runs/x", "logs/..%2fetc", "tail/%20"])
            (await flow.Client.GetAsync("/flow/" + unknown)).StatusCode.Should().Be(HttpStatusCode.NotFound, unknown);
    }

    [Fact]
    public async Task Of_many_pipelines_goes_on_on_the_next_page()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        await flow.StartAsync();
        for (var n = 0; n < 20; n++) (await flow.Pipelines.DeclareAsync(Definition with { Name = PipelineName.Parse($"p-{n:00}"), Apps = [], LookInterval = TimeSpan.FromHours(1) })).OrThrow();

        (await flow.PageAsync("/flow/")).Should().Contain("id=\"pipeline-p-19\"").And.NotContain("id=\"pipeline-shop\"").And.Contain("?after=p-19");
        (await flow.PageAsync("/flow/?after=p-19")).Should().Contain("id=\"pipeline-shop\"").And.NotContain("?after=");
    }
}
