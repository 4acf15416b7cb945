using System.Net.Sockets;
using Flow.Providers.Local.Tests.Supervision;
using Flow.Runtimes;

namespace Flow.Providers.Local.Tests.Runtime;

public sealed class A_deployment : IAsyncDisposable
{
    private readonly RuntimeBench bench = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    [Fact]
    public async Task Runs_healthy_is_found_again_and_leaves_nothing()
    {
        var spec = RuntimeBench.Spec("shop.1.7", new("web", RuntimeBench.Web(), 1, true), new("worker", "sleep 1000", 1, false));
        var deployment = (await bench.DeployAsync(spec)).Value!;
        deployment.Processes.Select(p => (p.Type, p.Index, p.Running, Routed: p.Endpoint is not null)).Should().Equal(("web", 1, true, true), ("worker", 1, true, false));
        (await RuntimeBench.GetAsync(deployment.Endpoints.Single())).Should().Be("hello from web.1");

        var later = bench.NewRuntime();
        (await later.DeployAsync(spec, token)).Value.Should().BeEquivalentTo(deployment, "it is the same one");
        (await later.InspectAsync(spec.Id, token)).Should().BeEquivalentTo(deployment);
        (await later.ListAsync(token)).Should().Equal(spec.Id);
        (await bench.LogAsync("app/shop.1.7/web.1")).Should().StartWith("listening on ");

        await later.StopAsync(spec.Id, TimeSpan.FromSeconds(5), token);
        (await later.InspectAsync(spec.Id, token)).Should().BeNull();
        (await later.ListAsync(token)).Should().BeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(bench.Directory, "apps")).Should().BeEmpty();
        await later.StopAsync(spec.Id, TimeSpan.Zero, token);
    }

    [Fact]
    public async Task Is_asked_before_it_fails_when_its_host_was_away_for_longer_than_it_may_take()
    {
        var spec = RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", RuntimeBench.Web(delay: 2000), 1, true));
        var started = await SupervisionBench.PollAsync(async () =>
        {
            (await bench.Runtime.DeployAsync(spec, token)).IsRunning.Should().BeTrue();
            return await bench.Runtime.InspectAsync(spec.Id, token);
        }, d => d is { Processes: [{ Running: true }] }, "the process");
        await bench.Runtime.DisposeAsync();
        await SupervisionBench.PollAsync(async () =>
        {
            try { return await RuntimeBench.GetAsync(started!.Processes[0].Endpoint!); }
            catch (HttpRequestException) { return ""; }
        }, said => said.Length > 0, "the app");

        var later = bench.NewRuntime(new LaterClock());
        (await RuntimeBench.EndAsync(() => later.DeployAsync(spec, token))).Value.Should().NotBeNull();
    }

    /// <summary>The machine's clock, an hour later.</summary>
    private sealed class LaterClock : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() + (3600 * TimestampFrequency);
    }

    [Fact]
    public async Task Is_not_started_again_by_a_call_that_comes_after_it_was_stopped()
    {
        var spec = RuntimeBench.Spec("shop.1.1", new ProcessSpec("worker", "exec sleep 1000", 1, false));
        (await bench.DeployAsync(spec)).Value.Should().NotBeNull();
        await bench.Runtime.StopAsync(spec.Id, TimeSpan.Zero, token);
        var late = (await bench.Runtime.DeployAsync(spec, token)).Failure!;
        (late.Code, late.Transient).Should().Be(("deployment-stopped", false));
        (await bench.Runtime.ListAsync(token)).Should().BeEmpty();

        // As when the machine's host stopped its apps, and is back.
        var back = bench.NewRuntime();
        (await RuntimeBench.EndAsync(() => back.DeployAsync(spec, token))).Value.Should().NotBeNull();
    }

    [Fact]
    public async Task Is_scaled_by_asking_for_other_quantities()
    {
        var one = RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", RuntimeBench.Web(), 1, true));
        var first = (await bench.DeployAsync(one)).Value!;
        var three = one with { Processes = [one.Processes[0] with { Quantity = 3 }] };
        var scaled = (await bench.DeployAsync(three)).Value!;
        scaled.Endpoints.Should().HaveCount(3).And.OnlyHaveUniqueItems().And.Contain(first.Endpoints[0]);
        (await RuntimeBench.GetAsync(scaled.Endpoints[2])).Should().Be("hello from web.3");
        (await bench.DeployAsync(one)).Value.Should().BeEquivalentTo(first);
        (await bench.Runtime.InspectAsync(one.Id, token))!.Processes.Should().ContainSingle();
        (await bench.DeployAsync(one with { Processes = [] })).Value!.Processes.Should().BeEmpty();
        (await bench.Runtime.InspectAsync(one.Id, token))!.Processes.Should().BeEmpty();
    }

    [Fact]
    public async Task Stands_beside_another_of_its_app()
    {
        var old = RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", RuntimeBench.Web(body: "old"), 1, true));
        var fresh = RuntimeBench.Spec("shop.1.10", new ProcessSpec("web", RuntimeBench.Web(body: "new"), 1, true));
        var (a, b) = ((await bench.DeployAsync(old)).Value!, (await bench.DeployAsync(fresh)).Value!);
        (await RuntimeBench.GetAsync(a.Endpoints[0])).Should().Be("old");
        (await RuntimeBench.GetAsync(b.Endpoints[0])).Should().Be("new");
        await bench.Runtime.StopAsync(old.Id, TimeSpan.FromSeconds(5), token);
        (await RuntimeBench.GetAsync(b.Endpoints[0])).Should().Be("new");
        (await bench.Runtime.ListAsync(token)).Should().Equal(fresh.Id);
    }

    [Fact]
    public async Task Is_started_anew_when_it_vanished_and_keeps_its_port()
    {
        var spec = RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", RuntimeBench.Web(), 1, true));
        var first = (await bench.DeployAsync(spec)).Value!;
        System.Diagnostics.Process.GetProcessById(bench.Record("run.shop.1.1.web.1").Supervisor).Kill();
        await SupervisionBench.PollAsync(async () => await bench.Runtime.InspectAsync(spec.Id, token), d => d is { Processes: [{ Running: false }] }, "the deployment");
        var second = (await bench.DeployAsync(spec)).Value!;
        second.Endpoints.Should().Equal(first.Endpoints);
        (await RuntimeBench.GetAsync(second.Endpoints[0])).Should().Be("hello from web.1");
    }

    [Fact]
    public async Task Works_in_a_copy_that_it_may_write()
    {
        var spec = RuntimeBench.Spec("shop.1.1", new ProcessSpec("worker", "echo changed > sub/file; echo more > new; cat link; exec sleep 1000", 1, false));
        (await bench.DeployAsync(spec)).Value.Should().NotBeNull();
        (await bench.LogAsync("app/shop.1.1/worker.1")).Should().Be("changed\n");
        (await File.ReadAllTextAsync(Path.Combine(bench.ArtifactDirectory, "sub", "file"), token)).Should().Be("original");
        File.Exists(Path.Combine(bench.ArtifactDirectory, "new")).Should().BeFalse();
    }

    [Fact]
    public async Task Is_given_the_listed_variables_its_own_and_no_others()
    {
        Environment.SetEnvironmentVariable("FLOW_TEST_ALLOWED", "yes");
        Environment.SetEnvironmentVariable("FLOW_TEST_HIDDEN", "no");
        bench.Options.InheritedVariables.Add("FLOW_TEST_ALLOWED");
        await bench.DeployAsync(RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", $"env; {RuntimeBench.Web()}", 1, true)) with
        {
            Environment = new Dictionary<string, string> { ["COLOUR"] = "green", ["HOST"] = "mine", ["PORT"] = "1" },
        });
        var names = (await bench.LogAsync("app/shop.1.1/web.1")).Split('\n').Where(l => l.Contains('=', StringComparison.Ordinal)).ToDictionary(l => l.Split('=')[0], l => l[(l.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        names.Keys.Except(["PATH", "HOME", "LANG", "TZ", "TMPDIR", "DOTNET_ROOT", "PWD", "OLDPWD", "SHLVL", "_"]).Should()
            .BeEquivalentTo("COLOUR", "FLOW_TEST_ALLOWED", "PORT", "HOST", "ASPNETCORE_URLS", "FLOW_PROCESS", "FLOW_PROCESS_NAME", "FLOW_SUPERVISED");
        (names["HOST"], names["FLOW_PROCESS"], names["FLOW_PROCESS_NAME"]).Should().Be(("mine", "web", "web.1"));
        names["PORT"].Should().NotBe("1");
        names["ASPNETCORE_URLS"].Should().Be($"http://127.0.0.1:{names["PORT"]}");
    }

    [Fact]
    public async Task Moves_to_another_port_when_somebody_took_the_first()
    {
        // The app takes the chosen port away from itself: a stand-in for a stranger who was quicker.
        var squat = Path.Combine(bench.Directory, "squatted");
        using var stranger = new Squatter();
        var spec = RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", $"if [ ! -e {squat} ]; then echo $PORT > {squat}.tmp; mv {squat}.tmp {squat}; while [ ! -e {squat}.taken ]; do sleep 0.01; done; fi; {RuntimeBench.Web()}", 1, true));
        var deploying = bench.DeployAsync(spec);
        await SupervisionBench.PollAsync(() => Task.FromResult(File.Exists(squat)), found => found, "the port");
        var port = int.Parse(await File.ReadAllTextAsync(squat, token), System.Globalization.CultureInfo.InvariantCulture);
        stranger.Take(port);
        await File.WriteAllTextAsync(squat + ".taken", "", token);
        var deployment = (await deploying).Value!;
        deployment.Endpoints.Single().Port.Should().NotBe(port);
        (await RuntimeBench.GetAsync(deployment.Endpoints[0])).Should().Be("hello from web.1");
    }

    private sealed class Squatter : IDisposable
    {
        private TcpListener? listener;

        public void Take(int port)
        {
            listener = new(System.Net.IPAddress.Loopback, port);
            listener.Start();
        }

        public void Dispose() => listener?.Dispose();
    }
}
