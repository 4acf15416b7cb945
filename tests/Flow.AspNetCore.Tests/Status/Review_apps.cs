using System.Text.Json;
using Flow.AddOns;
using Flow.Apps;
using Flow.DependencyInjection;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Secrets;
using Flow.Testing.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using static Flow.AspNetCore.Tests.WebFlowHost;

namespace Flow.AspNetCore.Tests.Status;

public sealed class Review_apps
{
    private static readonly AppName First = AppName.Parse("shop-pr-1");
    private static readonly PipelineDefinition Shown = Definition with { Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main" }], LookInterval = TimeSpan.FromMilliseconds(200) };

    [Fact]
    public async Task Say_how_each_proposal_stands_and_what_those_without_an_app_wait_for()
    {
        await using var flow = Host();
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose(Proposal(1, 11, "Sell hats"), Proposal(2, 12, "Sell gloves"), Proposal(3, 13, "Sell a bank") with { Head = new() { Sha = Commit(13), Ref = "refs/pull/3/head", Trust = Sources.Trust.Untrusted } });
        await flow.StartAsync(Shown with { ReviewApps = new() { MaxAlive = 1, StaleAfter = TimeSpan.FromDays(14) } });
        await flow.DeployedAsync(First, 11);

        var page = await flow.UntilAsync(() => flow.PageAsync("/flow/"), p => Card(p, "app-shop-pr-1").Contains(">created</span>", StringComparison.Ordinal) && p.Contains("proposal-pr-3", StringComparison.Ordinal), "all are on show");

        Card(page, "app-shop-pr-1").Should().Contain("Sell hats").And.Contain("Unused, it goes <time").And.Contain(">in 13 d 23 h</time>").And.NotContain("pinned");
        Card(page, "proposal-pr-2").Should().Contain(">pending</span>").And.Contain("Sell gloves").And.Contain("At most 1 review apps may be alive at once").And.Contain("shop-pr-1").And.NotContain("Unused");
        Card(page, "proposal-pr-3").Should().Contain(">pending</span>").And.Contain("Nobody vouches for").And.Contain(Commit(13).Short);
        page.Should().NotContain("<ul class=\"problems\">", "what a proposal waits for stands at the proposal, once");

        (await flow.Reviews.PinAsync(Shop, "pr-1", true, "ada")).OrThrow();

        Card(await flow.PageAsync("/flow/pipelines/shop"), "app-shop-pr-1").Should().Contain(">pinned</span> by <bdi>ada</bdi>").And.NotContain("Unused");
        (await flow.PageAsync("/flow/apps/shop-pr-1")).Should().Contain(">pinned</span> by <bdi>ada</bdi>").And.Contain(">created</span>");
    }

    [Fact]
    public async Task Name_all_config_vars_that_nobody_supplies()
    {
        await using var flow = Host();
        flow.Source.Manifest = """{ "env": { "MAIL_HOST": { "description": "Where its mail goes" }, "MAIL_PASSWORD": {} } }""";
        flow.Source.Propose(Proposal(1, 11));
        await flow.StartAsync(Shown with { ReviewApps = new() });

        var page = await flow.UntilAsync(() => flow.PageAsync("/flow/"), p => p.Contains(">errored</span>", StringComparison.Ordinal), "it is refused");

        Card(page, "app-shop-pr-1").Should().Contain("MAIL_HOST (Where its mail goes), MAIL_PASSWORD").And.Contain("no release yet").And.Contain(">Deploy #1</a>");
        Card(page, "app-shop-pr-1").Split("MAIL_HOST").Should().HaveCount(2, "why stands there once");
        (await flow.PageAsync("/flow/apps/shop-pr-1")).Should().Contain(">errored</span>").And.Contain("MAIL_PASSWORD").And.NotContain("<h2>Config</h2>").And.NotContain("<h2>Add-ons</h2>");
    }

    [Fact]
    public async Task Show_config_by_name_and_origin_and_no_value()
    {
        await using var flow = Host();
        flow.Source.Manifest = """{ "env": { "GREETING": "value-of-manifest", "SESSION": { "generator": "secret" } } }""";
        await flow.StartAsync(Shown with
        {
            Apps = [new() { Name = Staging, Stage = Stage.Staging, Config = new Dictionary<string, string> { ["OWN"] = "value-of-app" } }],
            ReviewApps = new() { Create = ReviewAppCreation.ByHand, Config = new Dictionary<string, string> { ["DECLARED"] = "value-of-declaration" } },
            AddOns = [new() { Name = "data", Provider = "boxes" }],
        });
        (await flow.Pipelines.SetStageConfigAsync(Shop, Stage.Review, new Dictionary<string, ConfigVar?> { ["MAIL"] = ConfigVar.Secret("value-of-stage") }, "ada")).OrThrow();
        flow.Source.Propose(Proposal(1, 11));
        await flow.UntilAsync(async () => await flow.Reviews.GetAsync(Shop, "pr-1"), r => r is not null, "the proposal is seen");
        (await flow.Reviews.CreateAsync(Shop, "pr-1", new Dictionary<string, ConfigVar> { ["MINE"] = ConfigVar.Plain("value-of-person"), ["KEY"] = ConfigVar.Secret("secret-of-person") }, "ada")).OrThrow();
        await flow.DeployedAsync(First, 11);

        var page = await flow.PageAsync("/flow/apps/shop-pr-1");

        page.Should().Contain(Row("GREETING", "app.json", "plain")).And.Contain(Row("SESSION", "made for this app", "secret")).And.Contain(Row("DECLARED", "the pipeline, for its stage", "plain"))
            .And.Contain(Row("MAIL", "the pipeline, for its stage", "secret")).And.Contain(Row("MINE", "set on this app", "plain")).And.Contain(Row("KEY", "set on this app", "secret"));
        page.Should().NotContain("value-of-").And.NotContain("secret-of-person").And.NotContain(Reversing.Mark);
        (await flow.PageAsync("/flow/apps/shop-staging")).Should().Contain(Row("OWN", "the pipeline&#x27;s declaration", "plain")).And.NotContain("value-of-");
        page.Should().Contain("<td>data</td><td>boxes</td><td><code>shop-pr-1.1.data</code></td>");
        page.Should().Contain("<li><bdi>GREETING is set from app.json.</bdi></li>").And.Contain("SESSION is generated.");
    }

    [Fact]
    public async Task Whose_script_fails_serve_and_say_so()
    {
        await using var flow = Host();
        flow.Source.Manifest = """{ "scripts": { "postdeploy": "./seed" } }""";
        flow.Runtime.CommandAnswer = spec => spec.Command == "./seed" ? WorkStatus<CommandResult>.Done(new(3, false, "there is no seed")) : null;
        flow.Source.Propose(Proposal(1, 11));
        await flow.StartAsync(Shown with { ReviewApps = new() });
        await flow.DeployedAsync(First, 11);

        (await flow.PageAsync("/flow/runs/shop-pr-1.1")).Should().Contain(">succeeded</span>")
            .And.MatchRegex(@"<b>postdeploy</b> <span class=""pill bad"">failed</span>").And.MatchRegex(@"<b>switch</b> <span class=""pill good"">done</span>");
        (await flow.PageAsync("/flow/apps/shop-pr-1")).Should().Contain("It serves, and its set-up failed: <bdi>postdeploy of v1: the postdeploy exited with code 3.");
        Card(await flow.PageAsync("/flow/"), "app-shop-pr-1").Should().Contain(">v1</span>").And.Contain("its set-up failed");
    }

    [Fact]
    public async Task Of_whose_script_nobody_knows_the_end_say_that()
    {
        await using var flow = Host();
        flow.Source.Manifest = """{ "scripts": { "postdeploy": "./seed" }, "success_url": "/welcome" }""";
        flow.Runtime.CommandAnswer = _ => WorkStatus<CommandResult>.Done(new(null, false, ""));
        flow.Source.Propose(Proposal(1, 11));
        await flow.StartAsync(Shown with { ReviewApps = new() });
        await flow.DeployedAsync(First, 11);

        (await flow.PageAsync("/flow/runs/shop-pr-1.1")).Should().MatchRegex(@"<b>postdeploy</b> <span class=""pill bad"">nobody knows</span>");
        (await flow.PageAsync("/flow/apps/shop-pr-1")).Should().Contain("vanished without an exit code").And.Contain("Begin at <a href=\"http://shop-pr-1.localhost/welcome\"");
    }

    [Fact]
    public async Task Of_strangers_say_that_a_maintainer_approved_the_commit()
    {
        await using var flow = Host();
        flow.Builder.IsolatesUntrusted = flow.Runtime.IsolatesUntrusted = true;
        flow.Source.Propose(Proposal(1, 11) with { Head = new() { Sha = Commit(11), Ref = "refs/pull/1/head", Trust = Sources.Trust.Untrusted } });
        await flow.StartAsync(Shown with { ReviewApps = new() });
        await flow.UntilAsync(() => flow.PageAsync("/flow/"), p => Card(p, "proposal-pr-1").Contains("a maintainer must approve exactly this commit", StringComparison.Ordinal), "it waits for an approval");

        (await flow.Pipelines.ApproveCommitAsync(Shop, Commit(11), "ada")).OrThrow();
        await flow.DeployedAsync(First, 11);

        (await flow.PageAsync("/flow/runs/shop-pr-1.1")).Should().Contain("a stranger's, approved by a maintainer").And.NotContain("nobody vouches");
    }

    [Fact]
    public async Task Show_what_manifests_scripts_and_people_say_as_text()
    {
        await using var flow = Host();
        var said = "";
        flow.Runtime.CommandAnswer = _ => WorkStatus<CommandResult>.Done(new(1, false, said));
        await flow.StartAsync(Shown with { ReviewApps = new() { StaleAfter = TimeSpan.FromDays(2) } });
        var commit = 100;
        foreach (var payload in Hostile_text.Payloads)
        {
            said = payload;
            foreach (var manifest in (object[])[new { scripts = new { postdeploy = payload + "x" } }, new { env = new { ASKED = new { description = payload } } }, new { formation = new { web = new { size = payload } } }])
            {
                flow.Source.Manifest = JsonSerializer.Serialize(manifest);
                flow.Source.Propose(Proposal(1, ++commit, payload));
                await flow.Pipelines.LookAsync(Shop);
                await flow.AppAsync(First, a => a.Candidates.Count == 0 && a.Runs >= commit - 100, "its run has ended");
                (await flow.Reviews.PinAsync(Shop, "pr-1", false, payload)).OrThrow();
                (await flow.Reviews.PinAsync(Shop, "pr-1", true, payload)).OrThrow();
                foreach (var path in (string[])["/flow/", "/flow/apps/shop-pr-1", $"/flow/runs/shop-pr-1.{commit - 100}"]) Hostile_text.Harmless(await flow.PageAsync(path), payload, path);
            }
        }
    }

    private static WebFlowHost Host() => new(app => app.MapFlowStatus("/flow"), configure: (builder, flow) =>
    {
        builder.Services.AddSingleton<ISecretProtector, Reversing>();
        flow.AddProvider<IAddOnProvisioner>("boxes", _ => new FakeAddOns());
    });

    private static string Card(string page, string id) => page.Split($"<article class=\"app\" id=\"{id}\">") is [_, var rest, ..] ? rest.Split("</article>")[0] : "";

    private static string Row(string name, string origin, string kind) => $"<tr><td><code>{name}</code></td><td>{origin}</td><td>{kind}</td></tr>";

    private sealed class Reversing : ISecretProtector
    {
        public const string Mark = "sealed:";
        public string Protect(string purpose, string value) => Mark + string.Concat(value.Reverse());
        public string Unprotect(string purpose, string ciphertext) => string.Concat(ciphertext[Mark.Length..].Reverse());
    }
}
