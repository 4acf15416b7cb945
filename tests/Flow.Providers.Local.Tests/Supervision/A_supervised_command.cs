using System.Diagnostics;
using Flow.Providers.Local.Supervision;

namespace Flow.Providers.Local.Tests.Supervision;

public sealed class A_supervised_command : IAsyncDisposable
{
    private readonly SupervisionBench bench = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    [Fact]
    public async Task Leaves_its_exit_code_and_its_output()
    {
        var command = bench.Shell("one", "echo out; echo err >&2; printf end; exit 7") with { Notes = new Dictionary<string, string> { ["port"] = "81" } };
        (await bench.Supervisor.StartAsync(command, token)).Running.Should().BeTrue();
        var state = await bench.EndAsync("one");
        state.ExitCode.Should().Be(7);
        state.Notes.Should().Contain("port", "81");
        state.Tail.Split('\n').Order(StringComparer.Ordinal).Should().Equal("", "end", "err", "out");
        (await bench.Logs.ReadAsync(command.Log, 0, 1000, token)).Complete.Should().BeTrue();
        (await bench.Supervisor.StartAsync(command, token)).Should().BeEquivalentTo(state, "asked again, it is the same command");
        (await bench.Supervisor.ListAsync("on", token)).Should().Equal("one");
        await bench.Supervisor.StopAsync("one", TimeSpan.Zero, token);
        (await bench.Supervisor.InspectAsync("one", token)).Should().BeNull();
        (await bench.Supervisor.ListAsync("", token)).Should().BeEmpty();
    }

    [Fact]
    public async Task Is_given_exactly_its_environment()
    {
        await bench.Supervisor.StartAsync(bench.Shell("env", "") with
        {
            Arguments = ["/usr/bin/env"],
            Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "x y'\"$(id)" },
        }, token);
        var state = await bench.EndAsync("env");
        state.Tail.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)
            .Should().SatisfyRespectively(a => a.Should().Be("A=1"), b => b.Should().Be("B=x y'\"$(id)"), t => t.Should().StartWith("FLOW_SUPERVISED=env:"));
    }

    [Fact]
    public async Task Says_what_could_not_be_started()
    {
        await bench.Supervisor.StartAsync(bench.Shell("none", "") with { Arguments = ["no-such-program"] }, token);
        var state = await bench.EndAsync("none");
        state.ExitCode.Should().Be(127);
        state.Tail.Should().Contain("'no-such-program' cannot be started: No such file or directory");
    }

    [Fact]
    public async Task Says_by_which_signal_it_ended()
    {
        await bench.Supervisor.StartAsync(bench.Shell("killed", "kill -9 $$"), token);
        (await bench.EndAsync("killed")).ExitCode.Should().Be(137);
    }

    [Fact]
    public async Task Is_stopped_when_its_time_is_up()
    {
        await bench.Supervisor.StartAsync(bench.Shell("slow", "trap '' TERM; while :; do sleep 0.1; done") with { Timeout = TimeSpan.FromSeconds(0.3) }, token);
        var state = await bench.EndAsync("slow");
        state.TimedOut.Should().BeTrue();
        state.ExitCode.Should().Be(137);
        state.Tail.Should().Contain("Stopped: it ran longer than 0.3 s.");
    }

    [Fact]
    public async Task Is_started_again_as_long_as_it_shall_run()
    {
        await bench.Supervisor.StartAsync(bench.Shell("again", "echo round; exit 3") with { KeepRunning = true }, token);
        var state = await bench.UntilAsync("again", s => s is { Restarts: >= 1, Up: null });
        state!.Running.Should().BeTrue();
        state.ExitCode.Should().Be(3);
        state.Tail.Should().Contain("[flow] Exited with code 3; starts again in 1 s.\nround\n");
        var watch = Stopwatch.GetTimestamp();
        await bench.Supervisor.StopAsync("again", TimeSpan.FromSeconds(5), token);
        Stopwatch.GetElapsedTime(watch).Should().BeLessThan(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Never_shows_a_secret_however_it_is_printed()
    {
        const string secret = "s3cret-värde-7781";
        await bench.Supervisor.StartAsync(bench.Shell("secret", "for c in s 3 c r e t - v ä r d e - 7 7 8 1; do printf %s $c; printf . >&2; sleep 0.01; done; echo; echo $TOKEN$TOKEN") with
        {
            Secrets = [secret],
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["TOKEN"] = secret },
        }, token);
        var state = await bench.EndAsync("secret");
        state.Tail.Replace(".", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal("[masked]", "[masked][masked]");
        // The lock, which the supervisor holds to its very end, is empty.
        foreach (var file in Directory.EnumerateFiles(bench.Directory, "*", SearchOption.AllDirectories).Where(f => new FileInfo(f).Length > 0))
            (await File.ReadAllTextAsync(file, token)).Should().NotContain(secret, "it is in {0}", file);
    }

    [Fact]
    public async Task Goes_on_when_it_prints_more_than_a_pipe_holds()
    {
        await bench.Supervisor.StartAsync(bench.Shell("much", "i=0; while [ $i -lt 20000 ]; do echo line $i of a long output; i=$((i+1)); done"), token);
        var state = await bench.EndAsync("much");
        state.ExitCode.Should().Be(0);
        state.Tail.Should().HaveLength(2000).And.EndWith("line 19999 of a long output\n");
        (await bench.LogAsync("test/much")).Split('\n').Should().HaveCount(20_001);
    }

    [Fact]
    public async Task Takes_a_large_environment()
    {
        var large = new string('x', 100_000);
        await bench.Supervisor.StartAsync(bench.Shell("large", "echo ${#LARGE}") with
        {
            Environment = new Dictionary<string, string> { ["LARGE"] = large, ["MORE"] = large },
        }, token);
        (await bench.EndAsync("large")).Tail.Should().Be("100000\n");
    }

    [Fact]
    public async Task Refuses_what_cannot_be_an_id_or_a_variable()
    {
        foreach (var id in new[] { "", "..", "a/b", ".a", "a\n", new string('a', 201) })
            await FluentActions.Awaiting(async () => await bench.Supervisor.InspectAsync(id, token)).Should().ThrowAsync<ArgumentException>();
        await FluentActions.Awaiting(async () => await bench.Supervisor.StartAsync(bench.Shell("bad", "") with { Environment = new Dictionary<string, string> { ["A=B"] = "" } }, token))
            .Should().ThrowAsync<ArgumentException>().WithMessage("'A=B' is no environment variable*");
        (await bench.Supervisor.InspectAsync("unknown", token)).Should().BeNull();
        await bench.Supervisor.StopAsync("unknown", TimeSpan.Zero, token);
    }
}
