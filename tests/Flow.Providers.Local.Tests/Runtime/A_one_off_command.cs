using Flow.Providers.Local.Tests.Supervision;
using Flow.Sources;

namespace Flow.Providers.Local.Tests.Runtime;

public sealed class A_one_off_command : IAsyncDisposable
{
    private readonly RuntimeBench bench = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    [Fact]
    public async Task Runs_once_and_gives_the_same_answer_ever_after()
    {
        var spec = RuntimeBench.Command("shop.7.release.1", "echo $COLOUR $(cat sub/file); echo x >> ../../../count; exit 3");
        var result = (await bench.RunAsync(spec)).Value!;
        result.Should().Be(new Flow.Runtimes.CommandResult(3, false, "green original\n"));
        (await bench.NewRuntime().RunAsync(spec, token)).Value.Should().Be(result);
        (await File.ReadAllTextAsync(Path.Combine(bench.Directory, "count"), token)).Should().Be("x\n");
        (await bench.LogAsync("run/shop.7.release.1")).Should().Be("green original\n");
        await SupervisionBench.PollAsync(async () =>
        {
            await bench.Runtime.RunAsync(spec, token);
            return Directory.GetDirectories(Path.Combine(bench.Directory, "commands")).Length;
        }, left => left == 0, "its files");
        (await bench.Runtime.ListAsync(token)).Should().BeEmpty("it is no deployment");
        await bench.Runtime.StopCommandAsync("shop.7.release.1", TimeSpan.Zero, token);
        (await bench.Supervisor.ListAsync("", token)).Should().BeEmpty();
    }

    [Fact]
    public async Task Is_killed_when_its_time_is_up()
    {
        var result = (await bench.RunAsync(RuntimeBench.Command("slow", "echo begun; sleep 1000") with { Timeout = TimeSpan.FromSeconds(0.4) })).Value!;
        (result.TimedOut, result.ExitCode).Should().Be((true, 143));
        result.Tail.Should().StartWith("begun\n");
    }

    [Fact]
    public async Task Can_be_stopped_and_is_then_unknown()
    {
        var spec = RuntimeBench.Command("long", "sleep 1000");
        await SupervisionBench.PollAsync(async () =>
        {
            (await bench.Runtime.RunAsync(spec, token)).IsRunning.Should().BeTrue();
            return await bench.Supervisor.InspectAsync("cmd.long", token);
        }, s => s is { Up: not null }, "the command");
        await bench.Runtime.StopCommandAsync("long", TimeSpan.FromSeconds(5), token);
        (await bench.Supervisor.InspectAsync("cmd.long", token)).Should().BeNull();
        Directory.Exists(Path.Combine(bench.Directory, "commands", "long")).Should().BeFalse();
        await bench.Runtime.StopCommandAsync("never", TimeSpan.Zero, token);
    }

    [Fact]
    public async Task Says_when_nobody_knows_how_it_ended()
    {
        var spec = RuntimeBench.Command("lost", "sleep 1000");
        await SupervisionBench.PollAsync(async () => (await bench.Runtime.RunAsync(spec, token), await bench.Supervisor.InspectAsync("cmd.lost", token)).Item2, s => s is { Up: not null }, "the command");
        System.Diagnostics.Process.GetProcessById(bench.Record("cmd.lost").Supervisor).Kill();
        (await bench.RunAsync(spec)).Value!.ExitCode.Should().BeNull();
    }

    [Theory]
    [InlineData(Trust.Untrusted)]
    [InlineData(Trust.Approved)]
    [InlineData((Trust)7)]
    public async Task Is_refused_when_its_code_is_not_trusted(Trust trust)
    {
        var mark = Path.Combine(bench.Directory, "ran");

        (await bench.Runtime.RunAsync(RuntimeBench.Command("x", $"touch {mark}") with { Artifact = RuntimeBench.Artifact(trust) }, token)).Failure!.Code.Should().Be("untrusted-code");

        (await bench.Supervisor.ListAsync("", token)).Should().BeEmpty();
        File.Exists(mark).Should().BeFalse();
    }
}
