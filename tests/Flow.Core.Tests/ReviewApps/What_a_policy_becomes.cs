using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

public sealed class What_a_policy_becomes
{
    private static AppPolicy Of(PipelineDefinition definition, Flow.Sources.Proposal? proposal = null)
    {
        var pipeline = Pipeline(definition);
        return pipeline.Sees(1, proposal ?? Proposal("pr-7", 7)).Said<DefineApp>().Single(d => d.Policy.Stage == Stage.Review).Policy;
    }

    [Fact]
    public void For_its_apps_has_all_that_is_declared()
    {
        var policy = Of(Definition with
        {
            AddOnServices = new Dictionary<string, string> { ["heroku-postgresql"] = "db" },
            ReviewApps = new() { PredestroyTimeout = TimeSpan.FromMinutes(9), Gates = ["approval", "checks"], WaitForChecks = true },
        }, Proposal("pr-7", 7) with { Number = 7, Branch = "login" });

        policy.Review.Should().Be(new ReviewAppOrigin("pr-7", 7, "login"));
        policy.AddOnServices.Should().Contain("heroku-postgresql", "db");
        policy.PredestroyTimeout.Should().Be(TimeSpan.FromMinutes(9));
        policy.Gates.Should().Equal(["checks", "approval"], "checks come first, and once");
        Of(Definition with { ReviewApps = new() { Gates = ["approval", "checks"] } }).Gates.Should().Equal("approval", "checks");
    }

    [Fact]
    public void Changes_its_fingerprint_with_everything()
    {
        var plain = Definition with { ReviewApps = new() };
        var all = new[]
        {
            Of(plain), Of(plain, Proposal("pr-7", 7) with { Branch = "x" }), Of(plain with { AddOnServices = new Dictionary<string, string> { ["x"] = "" } }),
            Of(plain with { ReviewApps = new() { PredestroyTimeout = TimeSpan.FromMinutes(1) } }), Of(plain with { ReviewApps = new() { WaitForChecks = true } }),
            Of(plain with { ReviewApps = new() { Config = new Dictionary<string, string> { ["A"] = "1" } } }),
        };
        all.Select(p => p.Fingerprint).Should().OnlyHaveUniqueItems();
        Of(plain).Fingerprint.Should().Be(all[0].Fingerprint);
    }

    [Fact]
    public void Follows_what_is_learnt_of_the_proposal()
    {
        var pipeline = Pipeline();
        pipeline.Sees(1, Proposal("pr-7", 7));
        pipeline.Sees(1, Proposal("pr-7", 7) with { Branch = "login" }).Said<DefineApp>().Should().ContainSingle().Which.Policy.Review!.Branch.Should().Be("login");
        pipeline.Sees(1, Proposal("pr-7", 7) with { Branch = "login", Title = "x" }).Said<DefineApp>().Should().BeEmpty("its app knows nothing of titles");
    }

    [Fact]
    public void For_permanent_apps_has_the_services_and_nothing_of_reviews()
    {
        var policy = Pipeline(Definition with { AddOnServices = new Dictionary<string, string> { ["x"] = "db" }, ReviewApps = new() { Config = new Dictionary<string, string> { ["A"] = "1" } } });
        var staging = policy.Tell(Declare(policy.State.Declared!.Definition with { Owner = "them" }, "2")).Said<DefineApp>(AppDecider.StreamOf(Staging)).Single().Policy;
        staging.Should().Match<AppPolicy>(p => p.Review == null && p.StageConfig.Count == 0 && p.AddOnServices.ContainsKey("x"));
    }

    [Fact]
    public void Lets_several_pipelines_of_one_repository_have_an_app_each_for_one_proposal()
    {
        string[] names = ["api", "web"];
        foreach (var name in names)
        {
            var pipeline = new OnPaper<PipelineState, PipelineInput, PipelineEvent>(new PipelineDecider(), PipelineDecider.StreamOf(PipelineName.Parse(name)));
            pipeline.Tell(Declare(Definition with { Name = PipelineName.Parse(name), Apps = [], Repository = new() { Url = "paper", RootFolder = $"services/{name}", Paths = [$"services/{name}/**"] } }, "1"));
            // Each is told by its source what it touches of its own.
            pipeline.Sees(1, Proposal("pr-7", 7), Proposal("pr-8", 8) with { Untouched = name == "web" }).Said<DefineApp>().Select(d => (d.Policy.Pipeline.ToString(), d.Policy.Proposal, d.Policy.Repository.RootFolder))
                .Should().Equal(name == "web" ? [("web", "pr-7", "services/web")] : [("api", "pr-7", "services/api"), ("api", "pr-8", "services/api")]);
            pipeline.State.Proposals["pr-7"].App.Should().Be(AppName.Parse($"{name}-pr-7"));
        }
    }
}
