using System.Text;
using Flow.Apps;
using Flow.Builds;
using Flow.ReviewApps;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Secrets;
using Flow.Sources;
using Microsoft.Extensions.DependencyInjection;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class An_app_json
{
    private static readonly AppName Review = AppName.Parse("shop-pr-7");
    private const string Full = """
        {
          "env": { "GREETING": "Hello", "KEY": { "generator": "secret" }, "MODE": { "value": "base" } },
          "formation": { "worker": { "quantity": 2 } },
          "addons": [ { "plan": "db:small", "as": "CACHE", "options": { "version": "11" } } ],
          "scripts": { "postdeploy": "./seed", "pr-predestroy": "./farewell" },
          "success_url": "/welcome",
          "environments": { "review": { "env": { "MODE": "review" } } },
          "flow": { "scripts": { "deploy": "./notify" }, "processes": { "web": { "health": { "path": "/up", "timeout": 9 }, "limits": { "memory": "64MB" } } } }
        }
        """;

    /// <summary>Reverses, so that nobody mistakes it for plain text.</summary>
    private sealed class Reverser : ISecretProtector
    {
        public string Protect(string purpose, string value) => $"{purpose}|{new string([.. value.Reverse()])}";

        public string Unprotect(string purpose, string ciphertext) => ciphertext.StartsWith(purpose + "|", StringComparison.Ordinal)
            ? new([.. ciphertext[(purpose.Length + 1)..].Reverse()]) : throw new FlowException("secret-unreadable", "It belongs elsewhere.");
    }

    private static FlowHost Host()
    {
        var flow = new FlowHost(f => f.Services.AddSingleton<ISecretProtector, Reverser>());
        flow.Builder.ProcessTypes["worker"] = "./work";
        flow.Source.Push("main", Commit(1));
        return flow;
    }

    private static void Commits(FlowHost flow, int commit, string manifest, string folder = "") =>
        flow.Source.Files[Commit(commit)] = new Dictionary<string, string> { [folder + "app.json"] = manifest, [folder + "Procfile"] = "web: ./web\nworker: ./work\n" };

    [Fact]
    public async Task Makes_a_review_app_that_has_all_it_needs_and_says_goodbye()
    {
        await using var flow = Host();
        Commits(flow, 7, Full);
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync();
        var app = await flow.DeployedAsync(Review, 7);

        var spec = flow.Runtime.Running[new(Review, 1, 1)];
        spec.Environment.Should().Contain("GREETING", "Hello").And.Contain("MODE", "review").And.Contain("FLOW_APP_NAME", "shop-pr-7").And.Contain("HEROKU_APP_NAME", "shop-pr-7")
            .And.Contain("FLOW_PIPELINE", "shop").And.Contain("FLOW_STAGE", "review").And.Contain("FLOW_PROPOSAL", "pr-7").And.ContainKeys("FLOW_URL", "FLOW_COMMIT", "FLOW_RELEASE", "FLOW_BRANCH");
        spec.Environment["KEY"].Should().MatchRegex("^[0-9a-f]{64}$");
        spec.Secrets.Should().Contain(spec.Environment["KEY"]);
        spec.Processes.Single(p => p.Type == "web").Should().Match<ProcessSpec>(p => p.Health!.Path == "/up" && p.Health.Timeout == TimeSpan.FromSeconds(9) && p.Limits!.MemoryBytes > 0);
        spec.Processes.Single(p => p.Type == "worker").Quantity.Should().Be(2);
        flow.AddOns.Instances["shop-pr-7.1.cache"].Should().Match<Flow.AddOns.AddOnRequest>(r => r.Plan == "small" && r.Options!["version"] == "11");
        app.CurrentRelease!.Notes.Should().Contain(n => n.Contains("keeps no limits"));
        Commands().Should().Equal("./seed", "./notify");

        Commits(flow, 8, Full.Replace("\"Hello\"", "\"Again\"").Replace("\"worker\": { \"quantity\": 2 }", ""));
        flow.Source.Propose("pr-7", Commit(8));
        await flow.DeployedAsync(Review, 8);
        var second = flow.Runtime.Running[new(Review, 1, 2)];
        second.Environment.Should().Contain("GREETING", "Again").And.Contain("KEY", spec.Environment["KEY"]);
        second.Processes.Select(p => p.Type).Should().Equal("web");
        Commands().Should().Equal("./seed", "./notify", "./notify");

        flow.Source.Withdraw("pr-7");
        await flow.AppAsync(Review, a => a.Life == AppLife.Destroyed, "is destroyed");
        flow.Runtime.Commands.Values.Last().Should().Match<CommandSpec>(c => c.Command == "./farewell" && c.Environment["GREETING"] == "Again" && c.Environment.ContainsKey("DATABASE_URL"));
        flow.AddOns.Instances.Keys.Should().NotContain(k => k.StartsWith("shop-pr-7"));

        IEnumerable<string> Commands() => flow.Runtime.Commands.Values.Where(c => c.App == Review).Select(c => c.Command);
    }

    [Fact]
    public async Task That_requires_what_nobody_supplies_provisions_nothing_and_says_all_at_once()
    {
        await using var flow = Host();
        Commits(flow, 7, """{ "env": { "TOKEN": { "description": "from the billing team", "required": true }, "REGION": { "required": true }, "OTHER": { "required": false } } }""");
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync();
        var app = await flow.AppAsync(Review, a => a.Runs == 1 && a.Candidates.Count == 0, "its run ended");

        (await flow.EndedAsync(new(Review, 1))).Should().Match<RunState>(r => r.Status == RunStatus.Failed && r.Reason!.Contains("REGION, TOKEN (from the billing team)") && !r.Reason.Contains("OTHER"));
        app.Should().Match<AppState>(a => a.Ledger.Count == 0 && a.Releases.Count == 0);
        flow.AddOns.Instances.Keys.Should().NotContain(k => k.StartsWith("shop-pr-7"));

        (await flow.Apps.SetConfigAsync(Review, new Dictionary<string, ConfigVar?> { ["TOKEN"] = ConfigVar.Secret("long enough"), ["REGION"] = ConfigVar.Plain("eu") }, "ada")).OrThrow();
        (await flow.Pipelines.DeployAsync(Shop, Review, null, "ada")).OrThrow();
        await flow.DeployedAsync(Review, 7);
        flow.Runtime.Running.Single(d => d.Key.App == Review).Value.Environment.Should().Contain("TOKEN", "long enough");
    }

    [Theory]
    [InlineData("""{ "env": "x" }""", "app.json", "$.env")]
    [InlineData("""{ "addons": [ "heroku-postgresql" ] }""", "heroku-postgresql", "AddOnServices")]
    [InlineData("""{ "buildpacks": [ { "url": "heroku/ruby" } ] }""", "heroku/ruby", "builder 'local'")]
    public async Task That_cannot_be_honoured_is_refused_before_anything_is_built(string manifest, params string[] words)
    {
        await using var flow = Host();
        Commits(flow, 7, manifest);
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        await flow.AppAsync(Review, a => a.Runs == 1 && a.Candidates.Count == 0, "its run ended");
        var run = await flow.EndedAsync(new(Review, 1));
        run.Status.Should().Be(RunStatus.Failed);
        run.Reason.Should().ContainAll(words);
        flow.Builder.Asked.Should().ContainSingle("that is the one of main");
    }

    [Fact]
    public async Task In_a_folder_of_its_own_says_what_matters_and_the_rest_deploys_nothing()
    {
        await using var flow = Host();
        void Push(int commit, string api, string web)
        {
            flow.Source.Files[Commit(commit)] = new Dictionary<string, string>
            {
                ["api/app.json"] = "{}", ["api/Procfile"] = "web: ./web\n", ["api/code"] = api, ["web/code"] = web,
            };
            flow.Source.Push("main", Commit(commit));
        }
        Push(1, "a", "a");
        await flow.StartAsync(Definition with { ReviewApps = null, Repository = new() { Url = "fake", RootFolder = "api" } });
        await flow.DeployedAsync(Staging, 1);
        Push(2, "a", "b");
        await flow.AppAsync(Staging, a => a.NewestSeen == 2 && a.Candidates.Count == 0, "the other folder's push is done with");
        (await flow.EndedAsync(new(Staging, 2))).Should().Match<RunState>(r => r.Status == RunStatus.Cancelled && r.Reason!.Contains("since v1"));
        Push(3, "b", "b");
        (await flow.DeployedAsync(Staging, 3)).CurrentRelease!.Number.Should().Be(2);
    }

    [Fact]
    public async Task Names_the_folder_and_the_files_that_matter()
    {
        await using var flow = Host();
        void Push(int commit, string code, string readme, string manifest)
        {
            flow.Source.Files[Commit(commit)] = new Dictionary<string, string>
            {
                ["app.json"] = manifest, ["services/api/Procfile"] = "web: ./web\n", ["services/api/code"] = code, ["services/api/README.md"] = readme,
            };
            flow.Source.Push("main", Commit(commit));
        }
        const string Manifest = """{ "flow": { "root": "services/api", "paths": [ "services/api/**", "!**/*.md" ] } }""";
        Push(1, "a", "a", Manifest);
        await flow.StartAsync(Definition with { ReviewApps = null });
        var app = await flow.DeployedAsync(Staging, 1);
        (await flow.Runs.GetAsync(app.CurrentRelease!.Run))!.Source!.RootFolder.Should().Be("services/api");
        Push(2, "a", "b", Manifest);
        await flow.AppAsync(Staging, a => a.NewestSeen == 2 && a.Candidates.Count == 0, "the README is done with");
        Push(3, "b", "b", Manifest);
        (await flow.DeployedAsync(Staging, 3)).CurrentRelease!.Number.Should().Be(2);
        Push(4, "b", "b", Manifest.Replace("\"!**/*.md\"", "\"!**/*.txt\""));
        (await flow.DeployedAsync(Staging, 4)).CurrentRelease!.Number.Should().Be(3, "app.json itself always matters");
    }

    [Fact]
    public async Task Whose_set_up_fails_leaves_the_app_serving_and_is_tried_again_by_the_next_push()
    {
        await using var flow = Host();
        var broken = true;
        flow.Runtime.CommandAnswer = c => c.Command == "./seed" && broken ? WorkStatus<CommandResult>.Done(new(1, false, "no table")) : null;
        Commits(flow, 7, Full);
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync();
        var app = await flow.DeployedAsync(Review, 7);
        app.SetUpProblem.Should().Contain("postdeploy of v1").And.Contain("no table");
        flow.Router.Routes.Should().ContainKey(Review);

        broken = false;
        Commits(flow, 8, Full);
        flow.Source.Propose("pr-7", Commit(8));
        (await flow.DeployedAsync(Review, 8)).Should().Match<AppState>(a => a.SetUp && a.SetUpProblem == null);
        flow.Runtime.Commands.Values.Count(c => c.Command == "./seed").Should().Be(2);
    }

    [Fact]
    public async Task Is_looked_at_for_a_promotions_target_before_anything_is_asked_of_it()
    {
        await using var flow = Host();
        Commits(flow, 1, """{ "environments": { "production": { "addons": [ "nobody" ] } } }""");
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        (await flow.Releases.PromoteAsync(Staging, [Production], null, "ada")).Answer.Should().Match<Flow.Engine.Answer>(a => a.Code == "addon-unknown" && a.Reason!.Contains("shop-production") && a.Reason.Contains("nobody"));
        (await flow.Apps.GetAsync(Production))!.Ledger.Should().BeEmpty();
    }

    [Fact]
    public async Task Counts_again_when_a_person_takes_back_what_they_set()
    {
        await using var flow = Host();
        Commits(flow, 7, Full);
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync();
        await flow.DeployedAsync(Review, 7);
        var key = Now()["KEY"];
        foreach (var changes in new Dictionary<string, ConfigVar?>[] { new() { ["GREETING"] = ConfigVar.Plain("mine"), ["KEY"] = ConfigVar.Plain("mine"), ["OTHER"] = ConfigVar.Plain("mine") }, new() { ["GREETING"] = null, ["KEY"] = null, ["OTHER"] = null } })
            await flow.EndedAsync((await flow.Apps.SetConfigAsync(Review, changes, "ada")).OrThrow().Run!.Value);
        Now().Should().Contain("GREETING", "Hello").And.Contain("KEY", key).And.NotContainKey("OTHER");

        IReadOnlyDictionary<string, string> Now() => flow.Runtime.Running.Where(d => d.Key.App == Review).MaxBy(d => d.Key.Number).Value.Environment;
    }

    [Fact]
    public async Task Gives_a_promotions_target_secrets_of_its_own()
    {
        await using var flow = Host();
        Commits(flow, 1, """{ "env": { "KEY": { "generator": "secret" }, "A": "base" }, "environments": { "production": { "env": { "A": "live" } } } }""");
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);
        (await flow.Releases.PromoteAsync(Staging, null, null, "ada")).Answer.OrThrow();
        await flow.DeployedAsync(Production, 1);
        var (staging, production) = (flow.Runtime.Running[new(Staging, 1, 1)].Environment, flow.Runtime.Running[new(Production, 1, 1)].Environment);
        production["KEY"].Should().MatchRegex("^[0-9a-f]{64}$").And.NotBe(staging["KEY"]);
        (staging["A"], production["A"]).Should().Be(("base", "live"));
    }

    [Fact]
    public async Task Keeps_secrets_out_of_all_that_is_stored()
    {
        await using var flow = Host();
        Commits(flow, 7, Full);
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync();
        await flow.DeployedAsync(Review, 7);
        var secret = flow.Runtime.Running[new(Review, 1, 1)].Environment["KEY"];
        foreach (var stored in await flow.Store.ReadEventsAsync(0, 10_000, default)) Encoding.UTF8.GetString(stored.Json.Span).Should().NotContain(secret);
    }

    [Theory]
    [InlineData(Trust.Trusted, true, true)]
    [InlineData(Trust.Untrusted, false, true)]
    public async Task Gives_approved_code_what_review_apps_have_and_nothing_that_a_person_set(Trust trust, bool seesPersons, bool seesOthers)
    {
        await using var flow = Host();
        flow.Builder.IsolatesUntrusted = flow.Runtime.IsolatesUntrusted = true;
        Commits(flow, 7, Full);
        await flow.StartAsync(Definition with { ReviewApps = new() { Create = ReviewAppCreation.ByHand } });
        flow.Source.Propose("pr-7", Commit(7), trust);
        await flow.UntilAsync(async () => await flow.Pipelines.GetAsync(Shop), p => p!.Proposals.ContainsKey("pr-7"), "the proposal is seen");
        if (trust == Trust.Untrusted) (await flow.Pipelines.ApproveCommitAsync(Shop, Commit(7), "ada")).OrThrow();
        (await flow.Pipelines.DeployAsync(Shop, Review, null, "ada")).OrThrow();
        (await flow.DeployedAsync(Review, 7)).CurrentRelease!.Artifact.Trust.Should().Be(trust == Trust.Trusted ? Trust.Trusted : Trust.Approved);
        (await flow.Apps.SetConfigAsync(Review, new Dictionary<string, ConfigVar?> { ["TOKEN"] = ConfigVar.Secret("long enough"), ["PLAIN"] = ConfigVar.Plain("x") }, "ada")).OrThrow();
        await flow.AppAsync(Review, a => a.CurrentRelease?.Kind == RunKind.Config && a.Candidates.Count == 0, "the config is released");

        var seen = flow.Runtime.Running.Single(d => d.Key.App == Review).Value.Environment;
        seen.ContainsKey("TOKEN").Should().Be(seesPersons);
        seen.ContainsKey("PLAIN").Should().Be(seesPersons);
        (seen.ContainsKey("KEY") && seen.ContainsKey("GREETING") && seen.ContainsKey("DATABASE_URL")).Should().Be(seesOthers);
    }
}
