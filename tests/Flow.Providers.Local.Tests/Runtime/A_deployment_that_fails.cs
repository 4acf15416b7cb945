using System.Diagnostics;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Providers.Local.Tests.Runtime;

public sealed class A_deployment_that_fails : IAsyncDisposable
{
    private readonly RuntimeBench bench = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    private static DeploymentSpec Web(string line, double seconds = 1, string path = "/") =>
        RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", line, 1, true)) with { Health = new() { Path = path, Timeout = TimeSpan.FromSeconds(seconds) }, Secrets = ["hunter2hunter2"] };

    [Fact]
    public async Task Says_soon_that_a_process_exits()
    {
        var since = Stopwatch.GetTimestamp();
        var status = await bench.DeployAsync(Web("echo cannot read configuration; exit 1", 60));
        status.Failure!.Code.Should().Be("exited");
        status.Failure.Transient.Should().BeFalse();
        status.Failure.Message.Should().Be("web.1 exited with code 1, 2 times, before it was healthy. Last output:\ncannot read configuration\ncannot read configuration");
        Stopwatch.GetElapsedTime(since).Should().BeLessThan(TimeSpan.FromSeconds(6));
        (await bench.Runtime.InspectAsync(status.Failure is null ? default : Web("").Id, token))!.Processes.Should().ContainSingle("what was started stays until it is stopped");
    }

    [Fact]
    public async Task Says_what_the_health_check_answered()
    {
        var status = await bench.DeployAsync(Web(RuntimeBench.Web(status: "503", body: "database hunter2hunter2 is away"), 1, "/health"));
        status.Failure!.Code.Should().Be("unhealthy");
        status.Failure.Message.Should().StartWith("web.1 was not healthy within 1 s: GET /health answered 503: database [masked] is away. Last output:\nlistening on ");
    }

    [Fact]
    public async Task Says_that_nothing_listened()
    {
        var status = await bench.DeployAsync(Web("exec sleep 1000", 0.5));
        status.Failure!.Code.Should().Be("unhealthy");
        status.Failure.Message.Should().MatchRegex("^web.1 was not healthy within 0.5 s: nothing listened on PORT [0-9]+ of 127.0.0.1. It printed nothing.$");
    }

    [Theory]
    [InlineData("/", "404", false)]
    [InlineData("/", "302", true)]
    [InlineData("/", "401", true)]
    [InlineData("/ready", "302", false)]
    [InlineData("/ready", "204", true)]
    public async Task Follows_the_rules_of_health(string path, string answer, bool healthy)
    {
        var status = await bench.DeployAsync(Web(RuntimeBench.Web(status: answer, body: ""), healthy ? 10 : 0.6, path));
        (status.Value is not null).Should().Be(healthy, "{0}", status.Failure);
    }

    [Fact]
    public async Task Notices_a_worker_that_does_not_stay_up()
    {
        var status = await bench.DeployAsync(RuntimeBench.Spec("shop.1.1", new ProcessSpec("worker", "exit 9", 1, false)));
        status.Failure!.Message.Should().Be("worker.1 exited with code 9, 2 times, before it was up. It printed nothing.");
    }

    [Fact]
    public async Task Is_given_a_second_chance()
    {
        var mark = Path.Combine(bench.Directory, "tried");
        (await bench.DeployAsync(Web($"if [ ! -e {mark} ]; then touch {mark}; exit 1; fi; {RuntimeBench.Web()}", 20))).Value!.Processes.Single().Restarts.Should().Be(1);
    }

    [Fact]
    public async Task Is_refused_when_it_makes_no_sense()
    {
        async Task<Failure> RefusedAsync(DeploymentSpec spec) => (await bench.Runtime.DeployAsync(spec, token)).Failure!;
        var good = Web("true");
        (await RefusedAsync(good with { Processes = [new("../web", "x", 1, false)] })).Message.Should().Contain("'../web' is no process type");
        (await RefusedAsync(good with { Processes = [new("web", "x", 1, false), new("web", "y", 1, false)] })).Message.Should().Contain("'web' is there twice");
        (await RefusedAsync(good with { Processes = [new("web", "x", 101, false)] })).Code.Should().Be("deployment-invalid");
        (await RefusedAsync(good with { Health = new() { Path = "http://elsewhere/" } })).Code.Should().Be("deployment-invalid");
        (await RefusedAsync(good with { Environment = new Dictionary<string, string> { ["A"] = "x\0y" } })).Message.Should().Contain("'A'").And.NotContain("x\0y");
        (await RefusedAsync(good with { Processes = [new("web", "x", 1, true, new() { Path = "/a b" })] })).Message.Should().Contain("health check of 'web'");
        (await bench.Runtime.ListAsync(token)).Should().BeEmpty();
    }

    [Theory]
    [InlineData(Trust.Untrusted)]
    [InlineData(Trust.Approved)]
    [InlineData((Trust)7)]
    public async Task Is_refused_when_its_code_is_not_trusted(Trust trust)
    {
        var status = await bench.Runtime.DeployAsync(Web("true") with { Artifact = RuntimeBench.Artifact(trust) }, token);

        status.Failure!.Code.Should().Be("untrusted-code");
        status.Failure.Message.Should().Contain("whoever approved it");
        bench.Runtime.IsolatesUntrusted.Should().BeFalse();
        (await bench.Runtime.ListAsync(token)).Should().BeEmpty();
        (await bench.Supervisor.ListAsync("", token)).Should().BeEmpty();
    }

    [Fact]
    public async Task Is_judged_by_the_health_check_of_each_process()
    {
        ProcessSpec Process(string type, HealthCheck? health) => new(type, RuntimeBench.Web(status: "204", body: ""), 1, true, health);
        var spec = RuntimeBench.Spec("shop.1.1", Process("web", new() { Path = "/ready", Timeout = TimeSpan.FromSeconds(20) })) with { Health = new() { Path = "/never", Timeout = TimeSpan.Zero } };

        (await bench.DeployAsync(spec)).Value.Should().NotBeNull();

        var status = await bench.DeployAsync(spec with { Id = DeploymentId.Parse("shop.1.2"), Health = new(), Processes = [new("web", "exec sleep 1000", 1, true, new() { Path = "/ready", Timeout = TimeSpan.FromSeconds(0.4) })] });
        status.Failure!.Message.Should().StartWith("web.1 was not healthy within 0.4 s");
    }
}
