using Flow.Manifests;
using Flow.Runtimes;
using static Flow.Core.Tests.Manifests.Manifest;

namespace Flow.Core.Tests.Manifests;

public sealed class The_flow_key_of_an_app_json
{
    [Fact]
    public void Says_what_Heroku_cannot()
    {
        var manifest = Clean("""
            { "env": { "A": "x", "B": { "generator": "secret" } },
              "flow": {
                "root": "services/shop/", "paths": ["services/shop/**", "!**/*.md"], "sync": ["A"], "scripts": { "deploy": "bin/warm-up" },
                "processes": { "web": { "health": { "path": "/health?full=1", "timeout": "2m" }, "limits": { "memory": "512MB", "cpu": 0.5 } }, "worker": { "limits": { "memory": 4194304 } } } } }
            """);

        manifest.Root.Should().Be("services/shop");
        manifest.Paths.Should().Equal("services/shop/**", "!**/*.md");
        manifest.Env["A"].Sync.Should().BeTrue();
        manifest.Env["B"].Sync.Should().BeFalse();
        manifest.Scripts.Should().Be(new ManifestScripts { EveryDeploy = "bin/warm-up" });
        manifest.Processes.Should().Equal(new Dictionary<string, ProcessDeclaration>
        {
            ["web"] = new(Health: new HealthCheck { Path = "/health?full=1", Timeout = TimeSpan.FromMinutes(2) }, Limits: new(512L << 20, 0.5)),
            ["worker"] = new(Limits: new(4194304)),
        });
    }

    [Theory]
    [InlineData("""{ "rot": "x" }""", "$.flow.rot: is not known: here are root, paths, sync, scripts, processes.")]
    [InlineData("""{ "scripts": { "postdeploy": "x" } }""", "$.flow.scripts.postdeploy: is not known: here are deploy.")]
    [InlineData("""{ "processes": { "web": { "helth": {} } } }""", "$.flow.processes.web.helth: is not known: here are health, limits.")]
    [InlineData("""{ "processes": { "web": { "health": { "paths": "/" } } } }""", "$.flow.processes.web.health.paths: is not known")]
    [InlineData("""{ "processes": { "web": { "limits": { "ram": 1 } } } }""", "$.flow.processes.web.limits.ram: is not known: here are memory, cpu.")]
    [InlineData("""{ "processes": { "web server": {} } }""", "$.flow.processes['web server']: 'web server' cannot be")]
    [InlineData("""{ "processes": { "web": 3 } }""", "$.flow.processes.web: must be an object")]
    [InlineData("""{ "sync": ["AA"] }""", "$.flow.sync[0]: 'AA' is no config var of env")]
    [InlineData("""{ "sync": [1] }""", "$.flow.sync[0]: must be a text in double quotes, not a number")]
    [InlineData("""{ "sync": { "A": true } }""", "$.flow.sync: must be a list")]
    [InlineData("3", "$.flow: must be an object")]
    public void Refuses_what_it_does_not_know(string flow, string message) => Refused($$"""{ "env": { "A": "x" }, "flow": {{flow}} }""").Should().StartWith("app.json has an error: line 1, column ").And.Contain(message);

    [Theory]
    [InlineData("/src")]
    [InlineData("../src")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a\\\\b")]
    [InlineData("C:/a")]
    [InlineData("a/.git/hooks")]
    [InlineData(".GIT")]
    [InlineData("//")]
    [InlineData("a\\u0000b")]
    public void Keeps_the_root_inside(string root) => Refused($$"""{ "flow": { "root": "{{root}}" } }""").Should().Contain("$.flow.root: ").And.Contain("is no folder below this one");

    [Theory]
    [InlineData(".")]
    [InlineData("./")]
    [InlineData("")]
    public void Has_no_root_when_it_is_this_folder(string root) => Clean($$"""{ "flow": { "root": "{{root}}" } }""").Root.Should().BeNull();

    [Theory]
    [InlineData("90", 90)]
    [InlineData("1.5", 1.5)]
    [InlineData("\"30\"", 30)]
    [InlineData("\"30s\"", 30)]
    [InlineData("\"2m\"", 120)]
    [InlineData("\"2 min\"", 120)]
    [InlineData("\"1500ms\"", 1.5)]
    [InlineData("\"1h\"", 3600)]
    public void Reads_a_timeout(string written, double seconds) =>
        Clean($$"""{ "flow": { "processes": { "web": { "health": { "timeout": {{written}} } } } } }""").Processes["web"].Health.Should().Be(new HealthCheck { Timeout = TimeSpan.FromSeconds(seconds) });

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("0.5")]
    [InlineData("3601")]
    [InlineData("\"2h\"")]
    [InlineData("\"30 parsecs\"")]
    [InlineData("\"s\"")]
    [InlineData("\"00:00:30\"")]
    [InlineData("1e3")]
    [InlineData("true")]
    [InlineData("99999999999999999999999999")]
    public void Refuses_a_timeout_that_none_can_have(string written) =>
        Refused($$"""{ "flow": { "processes": { "web": { "health": { "timeout": {{written}} } } } } }""").Should().Contain("$.flow.processes.web.health.timeout: must be seconds");

    [Theory]
    [InlineData("health")]
    [InlineData("http://x/health")]
    [InlineData("/a b")]
    [InlineData("/a#b")]
    [InlineData("/a\\\\b")]
    [InlineData("/ü")]
    [InlineData("")]
    public void Refuses_a_health_path_that_is_none(string path) => Refused($$"""{ "flow": { "processes": { "web": { "health": { "path": "{{path}}" } } } } }""").Should().Contain("health.path: must be a path that begins with '/'");

    [Theory]
    [InlineData("\"4194304\"", 4L << 20)]
    [InlineData("\"4096k\"", 4L << 20)]
    [InlineData("\"512M\"", 512L << 20)]
    [InlineData("\"512mib\"", 512L << 20)]
    [InlineData("\"1.5 GB\"", 1536L << 20)]
    [InlineData("\"1024GB\"", 1L << 40)]
    public void Reads_memory(string written, long bytes) => Clean($$"""{ "flow": { "processes": { "web": { "limits": { "memory": {{written}} } } } } }""").Processes["web"].Limits.Should().Be(new ProcessLimits(bytes));

    [Theory]
    [InlineData("512")]
    [InlineData("-1")]
    [InlineData("\"1025GB\"")]
    [InlineData("\"512 apples\"")]
    [InlineData("\"9999999999999GB\"")]
    [InlineData("\"lots\"")]
    public void Refuses_memory_that_none_has(string written) => Refused($$"""{ "flow": { "processes": { "web": { "limits": { "memory": {{written}} } } } } }""").Should().Contain("limits.memory: must be bytes");

    [Theory]
    [InlineData("0")]
    [InlineData("0.001")]
    [InlineData("1025")]
    [InlineData("\"2 cores\"")]
    [InlineData("\"1s\"")]
    public void Refuses_processors_that_none_has(string written) => Refused($$"""{ "flow": { "processes": { "web": { "limits": { "cpu": {{written}} } } } } }""").Should().Contain("limits.cpu: must be a number of processors");

    [Fact]
    public void Checks_its_globs()
    {
        Refused("""{ "flow": { "paths": ["src/**", "/abs", "a/../b", "a\\b", "x**", "!"] } }""").Split('\n').Should().HaveCount(6)
            .And.Contain(l => l.Contains("$.flow.paths[1]: '/abs' begins with '/'")).And.Contain(l => l.Contains("$.flow.paths[5]: '!' is empty"));
        Refused($$"""{ "flow": { "paths": [{{string.Join(',', Enumerable.Repeat("\"a\"", 65))}}] } }""").Should().Contain("$.flow.paths[64]: is one too many: keep at most 64");
    }

    [Fact]
    public void Takes_null_for_nothing() => Odd("""{ "flow": { "root": null, "processes": { "web": { "health": null, "limits": { "cpu": null } } } } }""").Should().Match<(AppManifest Manifest, IReadOnlyList<string> Warnings)>(o => o.Manifest.Processes.Count == 0 && o.Warnings.Count == 3);
}
