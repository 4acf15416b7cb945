using System.Diagnostics;
using Flow.Providers.Local.Supervision;

namespace Flow.Providers.Local.Tests.Supervision;

public sealed class Everything_a_command_started : IAsyncDisposable
{
    private readonly SupervisionBench bench = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;
    // Shows in the command line of what a test starts.
    private readonly string mark = $"9{Random.Shared.Next(100_000, 999_999)}";

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    private Task<IReadOnlyList<int>> ProcessesAsync(int count) =>
        SupervisionBench.PollAsync(() => Task.FromResult(SupervisionBench.Processes($"sleep {mark}")), found => found.Count == count, "processes");

    [Theory]
    [InlineData("sleep MARK & sleep MARK & wait", 2)]
    [InlineData("trap '' TERM; sleep MARK & while :; do wait; done", 1)]
    [InlineData("setsid sh -c 'trap \"\" TERM; sleep MARK & while :; do wait; done' & sleep MARK", 2)]
    [InlineData("(setsid env -i sleep MARK &) ; (setsid sleep MARK &) ; sleep MARK", 3)]
    public async Task Is_gone_after_a_stop(string line, int count)
    {
        await bench.Supervisor.StartAsync(bench.Shell("tree", line.Replace("MARK", mark, StringComparison.Ordinal)), token);
        await ProcessesAsync(count);
        var since = Stopwatch.GetTimestamp();
        await bench.Supervisor.StopAsync("tree", TimeSpan.FromSeconds(0.5), token);
        SupervisionBench.Processes($"sleep {mark}").Should().BeEmpty();
        Stopwatch.GetElapsedTime(since).Should().BeLessThan(TimeSpan.FromSeconds(5));
        (await bench.Supervisor.InspectAsync("tree", token)).Should().BeNull();
    }

    [Fact]
    public async Task Is_gone_when_the_command_ends_by_itself()
    {
        await bench.Supervisor.StartAsync(bench.Shell("orphans", $"setsid sleep {mark} & sleep {mark} & exit 4"), token);
        (await bench.EndAsync("orphans")).ExitCode.Should().Be(4);
        SupervisionBench.Processes($"sleep {mark}").Should().BeEmpty();
    }

    [Fact]
    public async Task May_end_politely_behind_a_shell_that_is_quicker()
    {
        await bench.Supervisor.StartAsync(bench.Shell("polite", $"sh -c 'trap \"sleep 0.3; echo bye; exit\" TERM; sleep {mark} & wait' & wait; true"), token);
        await ProcessesAsync(1);
        var log = bench.Shell("polite", "").Log.ToString();
        await bench.Supervisor.StopAsync("polite", TimeSpan.FromSeconds(10), token);
        (await bench.LogAsync(log)).Should().Be("bye\n");
    }

    [Fact]
    public async Task Is_killed_when_its_supervisor_was_killed()
    {
        await bench.Supervisor.StartAsync(bench.Shell("widow", $"setsid sleep {mark} & sleep {mark}"), token);
        await ProcessesAsync(2);
        Process.GetProcessById(bench.Record("widow").Supervisor).Kill();
        var state = await bench.EndAsync("widow");
        state.ExitCode.Should().BeNull("nobody knows");
        SupervisionBench.Processes($"sleep {mark}").Should().BeEmpty();
        state.Tail.Should().Contain("vanished");
        (await bench.Logs.ReadAsync(bench.Shell("widow", "").Log, 0, 1000, token)).Complete.Should().BeTrue("tails must end");
    }

    [Fact]
    public async Task Goes_on_when_the_host_is_killed()
    {
        var start = new ProcessStartInfo(SupervisionBench.TestHost) { RedirectStandardOutput = true };
        foreach (var argument in new[] { "host", bench.Directory, "survivor", $"while [ ! -e go ]; do sleep 0.05; done; echo done; exit 5" }) start.ArgumentList.Add(argument);
        start.ArgumentList[^1] = $"cd '{bench.Directory}'; {start.ArgumentList[^1]}";
        using var host = Process.Start(start)!;
        (await host.StandardOutput.ReadLineAsync(token)).Should().Be("started");
        host.Kill();
        await host.WaitForExitAsync(token);
        (await bench.Supervisor.InspectAsync("survivor", token))!.Running.Should().BeTrue();
        await File.WriteAllTextAsync(Path.Combine(bench.Directory, "go"), "", token);
        var state = await bench.EndAsync("survivor");
        state.ExitCode.Should().Be(5);
        state.Tail.Should().Be("done\n");
    }
}
