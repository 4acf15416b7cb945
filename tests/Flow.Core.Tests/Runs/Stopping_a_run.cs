using Flow.Core.Tests.Engine;
using Flow.Runs;
using Flow.Runs.Steps;
using Flow.Runtimes;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Core.Tests.Runs;

public sealed class Stopping_a_run
{
    [Fact]
    public async Task That_ends_with_a_time_out_of_the_adapters_own_has_failed_and_rests()
    {
        var services = new ServiceCollection().AddKeyedSingleton<IRuntime>("local", (_, _) => throw new TaskCanceledException("HttpClient.Timeout")).BuildServiceProvider();
        var effects = new RunEffects([], new Providers(services), new FakeRouter(), new MemoryLogStore(), TimeProvider.System, NullLogger<RunEffects>.Instance);
        var run = Paper.RunOf(Plans.Renew(Paper.Policy, RunKind.Restart, Paper.Artifact(1), "ada"));
        run.Tell(new CancelRun("why", "ada"));

        var result = await effects.PerformAsync(new(RunDecider.StreamOf(Paper.Run(1)), _ => Task.FromResult(true)), run.State, run.Owes!, default);

        run.Tell(result.Should().BeOfType<StopFailed>().Subject).Messages.Should().ContainSingle(m => m.Input is LookAgain).Which.After.Should().BeGreaterThan(TimeSpan.Zero);
        run.State.StopAttempt.Should().Be(1);
    }
}
