using System.Diagnostics;
using Flow.Logs;
using Flow.Providers.Local.Supervision;

namespace Flow.Providers.Local.Tests.Supervision;

public sealed class Starting_a_supervisor : IAsyncDisposable
{
    private readonly SupervisionBench bench = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    private string RecordDirectory(string id) => Path.Combine(bench.Directory, "supervised", id);

    [Fact]
    public async Task Happens_once_however_many_ask()
    {
        var hosts = Enumerable.Range(0, 8).Select(_ => bench.NewSupervisor()).ToArray();
        var states = await Task.WhenAll(hosts.Select(h => Task.Run(async () => await h.StartAsync(bench.Shell("once", "echo x >> count; sleep 1000"), token), token)));
        states.Should().OnlyContain(s => s.Running);
        await bench.UntilAsync("once", s => s is { Up: not null });
        // The shell makes the file before it writes into it.
        await SupervisionBench.PollAsync(() => Task.FromResult(new FileInfo(Path.Combine(bench.Directory, "count")) is { Exists: true, Length: > 0 }), found => found, "the command");
        (await File.ReadAllTextAsync(Path.Combine(bench.Directory, "count"), token)).Should().Be("x\n");
    }

    [Fact]
    public async Task Is_not_stopped_by_one_that_never_got_going()
    {
        // A host that died after it had made the directory and the lock.
        Directory.CreateDirectory(RecordDirectory("half"));
        await File.WriteAllTextAsync(Path.Combine(RecordDirectory("half"), "lock"), "", token);
        (await bench.Supervisor.InspectAsync("half", token)).Should().BeNull();
        await bench.Supervisor.StartAsync(bench.Shell("half", "exit 6"), token);
        (await bench.EndAsync("half")).ExitCode.Should().Be(6);
        Directory.CreateDirectory(RecordDirectory("empty"));
        await bench.Supervisor.StopAsync("empty", TimeSpan.Zero, token);
        Directory.Exists(RecordDirectory("empty")).Should().BeFalse();
    }

    [Fact]
    public async Task Says_what_is_missing_when_the_binary_does_not_supervise()
    {
        bench.Options.SupervisorCommand[0] = "/bin/false";
        (await FluentActions.Awaiting(async () => await bench.Supervisor.StartAsync(bench.Shell("bad", ""), token)).Should().ThrowAsync<FlowException>())
            .WithMessage("*'/bin/false' ended with code 1 before it took over*FlowSupervisor.TryRun(args, out var exitCode)*").Which.Code.Should().Be("supervisor-broken");
        bench.Options.SupervisorCommand[0] = "/no/such/binary";
        (await FluentActions.Awaiting(async () => await bench.Supervisor.StartAsync(bench.Shell("bad", ""), token)).Should().ThrowAsync<FlowException>())
            .WithMessage("*'/no/such/binary' cannot be started: No such file or directory*SupervisorCommand*");
        (await bench.Supervisor.InspectAsync("bad", token)).Should().BeNull();
    }

    [Fact]
    public async Task Believes_no_pid_that_was_given_to_somebody_else()
    {
        using var stranger = Process.Start(new ProcessStartInfo("/bin/sleep") { ArgumentList = { "1000" } })!;
        try
        {
            Directory.CreateDirectory(RecordDirectory("reused"));
            RecordFiles.Write(RecordDirectory("reused"), new()
            {
                Id = "reused",
                Tag = "reused:0",
                BootId = ProcFs.BootId(),
                Supervisor = stranger.Id,
                SupervisorStarted = 1,
                Command = stranger.Id,
                CommandStarted = 1,
                Log = "test/reused",
            });
            var state = await bench.Supervisor.InspectAsync("reused", token);
            (state!.Running, state.ExitCode).Should().Be((false, null));
            await bench.Supervisor.StopAsync("reused", TimeSpan.Zero, token);
            stranger.HasExited.Should().BeFalse();
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task Takes_one_that_waits_and_does_without_when_it_was_killed()
    {
        bench.Options.SpareSupervisors = 1;
        await bench.Supervisor.StartAsync(bench.Shell("first", "true"), token);
        var waiting = await SpareAsync();
        await bench.Supervisor.StartAsync(bench.Shell("second", "echo here"), token);
        bench.Record("second").Supervisor.Should().Be(waiting);
        (await bench.EndAsync("second")).Tail.Should().Be("here\n", "nothing of the rehearsal is left");

        Native.Kill(await SpareAsync(), Native.SigKill).Should().Be(0);
        await bench.Supervisor.StartAsync(bench.Shell("third", "exit 3"), token);
        (await bench.EndAsync("third")).ExitCode.Should().Be(3);

        var last = await SpareAsync();
        bench.Supervisor.Dispose();
        await SupervisionBench.PollAsync(async () =>
        {
            await bench.Supervisor.ListAsync("", token);
            return ProcFs.Read(last);
        }, entry => entry is null, "a supervisor that waits for nobody");
    }

    private Task<int> SpareAsync() => SupervisionBench.PollAsync(() => Task.FromResult(bench.Supervisor.Spares.SingleOrDefault()), pid => pid != 0, "a spare");

    [Fact]
    public async Task Leaves_no_zombie()
    {
        await bench.Supervisor.StartAsync(bench.Shell("quick", "true"), token);
        var pid = bench.Record("quick").Supervisor;
        await bench.EndAsync("quick");
        await SupervisionBench.PollAsync(async () =>
        {
            await bench.Supervisor.ListAsync("", token);
            return ProcFs.Read(pid);
        }, entry => entry is null, "the supervisor");
    }

    [Fact]
    public async Task Goes_on_with_the_log_of_an_earlier_command()
    {
        var log = LogId.Parse("test/shared");
        foreach (var n in new[] { 1, 2 })
        {
            await bench.Supervisor.StartAsync(bench.Shell($"log{n}", $"echo {n}") with { Log = log }, token);
            (await bench.EndAsync($"log{n}")).Tail.Should().Be($"{n}\n", "the tail is its own");
        }

        (await bench.LogAsync("test/shared")).Should().Be("1\n2\n");
    }

    [Fact]
    public async Task Is_quick_and_small()
    {
        List<double> starts = [];
        for (var i = 0; i < 5; i++)
        {
            var since = Stopwatch.GetTimestamp();
            await bench.Supervisor.StartAsync(bench.Shell($"s{i}", "sleep 1000"), token);
            starts.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }

        await bench.UntilAsync("s4", s => s is { Up: not null });
        var memory = Enumerable.Range(0, 5).Select(i => File.ReadAllLines($"/proc/{bench.Record($"s{i}").Supervisor}/smaps_rollup"))
            .Select(lines => (Rss: Kilobytes(lines, "Rss:"), Pss: Kilobytes(lines, "Pss:"), Private: Kilobytes(lines, "Private_Dirty:"))).ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine($"start {starts.Min():F0}-{starts.Max():F0} ms; {string.Join(", ", memory)} kB");
        starts.Min().Should().BeLessThan(2000);
        memory.Max(m => m.Rss).Should().BeLessThan(80_000);
    }

    private static int Kilobytes(string[] lines, string name) =>
        int.Parse(lines.First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
}
