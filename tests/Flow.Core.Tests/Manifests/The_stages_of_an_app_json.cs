using Flow.Manifests;
using Flow.Runtimes;
using static Flow.Core.Tests.Manifests.Manifest;

namespace Flow.Core.Tests.Manifests;

public sealed class The_stages_of_an_app_json
{
    private const string Layered = """
        {
          "env": { "A": { "value": "base", "description": "d", "sync": true }, "B": "base", "C": "base" },
          "formation": { "web": { "quantity": 2, "size": "big" }, "worker": { "quantity": 1 } },
          "addons": ["db:big", "cache"], "buildpacks": ["one", "two"], "stack": "old", "success_url": "/base",
          "scripts": { "postdeploy": "seed", "pr-predestroy": "bye" },
          "flow": { "root": "src", "paths": ["src"], "sync": ["B"], "scripts": { "deploy": "tell" }, "processes": { "web": { "health": { "path": "/up" }, "limits": { "cpu": 1 } } } },
          "environments": {
            "review": {
              "env": { "A": "review", "C": null, "D": "review" },
              "formation": { "web": { "quantity": 1 }, "worker": null },
              "addons": ["db:small"], "buildpacks": [], "stack": "new", "success_url": "/review",
              "scripts": { "postdeploy": "", "test": "t" },
              "flow": { "paths": ["web"], "sync": [], "root": "", "scripts": { "deploy": "" }, "processes": { "web": { "limits": { "memory": "1GB" } } } }
            },
            "production": { "env": { "B": "production" } },
            "TEST": { "scripts": { "test": "rake" } }
          }
        }
        """;

    private readonly AppJsonFile file = Read(Layered);

    [Fact]
    public void Have_the_base_when_nothing_is_said_of_them()
    {
        var staging = file.For(Stage.Staging);
        staging.Should().BeEquivalentTo(file.For(Stage.Development));
        staging.Env.Values.Select(e => e.Value).Should().Equal("base", "base", "base");
        staging.Env.Values.Select(e => e.Sync).Should().Equal(true, true, false);
        staging.Processes["web"].Should().Be(new ProcessDeclaration(2, "big", new HealthCheck { Path = "/up" }, new ProcessLimits(Cpu: 1)));
        (staging.Root, staging.Scripts.EveryDeploy).Should().Be(("src", "tell"));
    }

    [Fact]
    public void Merge_config_vars_by_name_each_as_a_whole()
    {
        var env = file.For(Stage.Review).Env;
        env["A"].Should().Be(new EnvDeclaration("review", Required: true), "description and sync of the base belong to the base's entry");
        env["B"].Should().Be(new EnvDeclaration("base", Required: true), "an own flow.sync counts instead of the base's");
        env.Should().NotContainKey("C", "null takes it away").And.ContainKey("D");
        file.For(Stage.Production).Env["B"].Should().Be(new EnvDeclaration("production", Required: true, Sync: true));
        file.For(Stage.Test).Env.Should().BeEquivalentTo(file.For(Stage.Staging).Env);
    }

    [Fact]
    public void Merge_the_formation_by_type_and_the_flow_key_by_key()
    {
        var review = file.For(Stage.Review);
        review.Processes.Should().Equal(new Dictionary<string, ProcessDeclaration> { ["web"] = new(1, null, new HealthCheck { Path = "/up" }, new ProcessLimits(MemoryBytes: 1L << 30)) });
        review.Paths.Should().Equal("web");
        review.Root.Should().BeNull();
    }

    [Fact]
    public void Replace_lists_and_words()
    {
        var review = file.For(Stage.Review);
        review.AddOns.Should().Equal(new AddOnDeclaration("db", "small"));
        review.Buildpacks.Should().BeEmpty();
        (review.Stack, review.SuccessUrl).Should().Be(("new", "/review"));
    }

    [Fact]
    public void Merge_scripts_by_script()
    {
        file.For(Stage.Review).Scripts.Should().Be(new ManifestScripts { PrPredestroy = "bye", Test = "t" }, "an empty script takes the base's away");
        file.For(Stage.Test).Scripts.Should().Be(new ManifestScripts { PostDeploy = "seed", PrPredestroy = "bye", EveryDeploy = "tell", Test = "rake" });
    }

    [Fact]
    public void Are_the_five_that_exist()
    {
        file.Warnings.Should().Contain(w => w.Path == "$.environments.TEST" && w.Message.Contains("lower case"));
        var (manifest, told) = Odd("""{ "environments": { "ci": { "env": { "A": 3 } }, "0": {}, "staging": null, "review": { "A": "x", "name": "y", "environments": {} } } }""");
        manifest.Should().BeEquivalentTo(AppManifest.Empty);
        told.Should().HaveCount(6).And.Contain(w => w.StartsWith("1 $.environments.ci no stage has this name")).And.Contain(w => w.StartsWith("1 $.environments['0'] no stage") || w.StartsWith("1 $.environments.0 no stage"))
            .And.Contain("1 $.environments.review.A is not known, and not read.").And.Contain("1 $.environments.review.name belongs to the top of the file; ignored here.");
    }

    [Fact]
    public void Are_checked_as_the_base_is()
    {
        Refused("""{ "environments": { "review": { "env": { "A-B": "x" }, "flow": { "rot": "x" } }, "staging": 3 } }""").Should()
            .Contain("$.environments.review.env.A-B: is no name").And.Contain("$.environments.review.flow.rot: is not known").And.Contain("$.environments.staging: must be an object");
        Refused("""{ "environments": "review" }""").Should().Contain("$.environments: must be an object");
    }
}
