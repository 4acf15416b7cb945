using Flow.Engine;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Core.Tests.Engine;

public sealed class A_start
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task With_much_to_say_is_not_begun_again()
    {
        var (begun, over) = (0, new TaskCompletionSource());
        var starting = RunAsync(_ =>
        {
            begun++;
            return over.Task;
        });
        time.Advance(TimeSpan.FromHours(1));
        over.SetResult();
        await starting;
        begun.Should().Be(1);
    }

    [Fact]
    public async Task Goes_on_after_a_time_out_of_an_adapters_own()
    {
        var begun = 0;
        var starting = RunAsync(_ => ++begun == 1 ? throw new TaskCanceledException("HttpClient.Timeout") : Task.CompletedTask);
        time.Advance(TimeSpan.FromSeconds(2));
        await starting;
        begun.Should().Be(2);
    }

    private Task RunAsync(Func<CancellationToken, Task> start) => EngineStart.RunAsync([new Starter(start)], time, _ => { }, default);

    private sealed class Starter(Func<CancellationToken, Task> start) : IEngineStarter
    {
        public Task StartAsync(CancellationToken cancellationToken) => start(cancellationToken);
    }
}
