using Flow.Providers.Local.Runtime;
using Flow.Runtimes;

namespace Flow.Providers.Local.Tests.Runtime;

public sealed class A_limit : IAsyncDisposable
{
    private readonly RuntimeBench bench = new();

    private LocalRuntime Limits => bench.Runtime;

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    [Fact]
    public void Is_not_said_to_be_kept()
    {
        Limits.Should().BeAssignableTo<IRuntimeLimits>();
        Limits.ProblemOf(new(512L * 1024 * 1024, 0.5)).Should().StartWith("The local runtime cannot keep a process and all that it starts within 512 MiB of memory and 0.5 processors: it runs without a limit.");
        Limits.ProblemOf(new(MemoryBytes: 1_000_000)).Should().Contain("within 0.95 MiB of memory: ");
        Limits.ProblemOf(new(Cpu: 2)).Should().Contain("within 2 processors: ");
    }

    [Fact]
    public void Is_no_trouble_when_there_is_none() => Limits.ProblemOf(new()).Should().BeNull();

    [Fact]
    public async Task Holds_no_deployment_back() =>
        (await bench.DeployAsync(RuntimeBench.Spec("shop.1.1", new ProcessSpec("web", RuntimeBench.Web(), 1, true, Limits: new(1, 0.01))))).Value.Should().NotBeNull();
}
