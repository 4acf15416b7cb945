using Flow.Core.Tests.Engine;
using Flow.Logs;
using Flow.Runs;
using Flow.Runs.Steps;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Core.Tests.Runs;

public sealed class A_log_that_does_not_answer
{
    private readonly FakeTimeProvider time = new();
    private readonly Slow logs = new();

    [Fact]
    public async Task For_a_while_is_ended_all_the_same_by_one_writer_that_is_let_go()
    {
        var execution = await StalledAsync();
        await execution.WriteLineAsync("lost", default);
        logs.Answers.SetResult();
        await execution.CompleteLogAsync(default);
        await execution.DisposeAsync();
        logs.Said.Should().Equal("open", "append", "complete", "dispose");
    }

    [Fact]
    public async Task Before_the_step_ends_is_ended_and_let_go_when_it_does()
    {
        var execution = await StalledAsync();
        await execution.CompleteLogAsync(default);
        await execution.DisposeAsync();
        logs.Said.Should().Equal("open");
        logs.Answers.SetResult();
        await logs.LetGo.Task.WaitAsync(TimeSpan.FromSeconds(10));
        logs.Said.Should().Equal("open", "append", "complete", "dispose");
    }

    private async Task<StepExecution> StalledAsync()
    {
        var plan = Plans.Renew(Paper.Policy, RunKind.Restart, Paper.Artifact(1), "ada");
        var execution = new StepExecution(Paper.Run(1), new() { Plan = plan }, plan.Steps[0], 1, logs, time);
        var writing = execution.WriteLineAsync("late", default).AsTask();
        time.Advance(TimeSpan.FromSeconds(31));
        await writing;
        execution.LogTrouble.Should().BeOfType<TimeoutException>();
        return execution;
    }

    private sealed class Slow : ILogStore
    {
        public List<string> Said { get; } = [];
        public TaskCompletionSource Answers { get; } = new();
        public TaskCompletionSource LetGo { get; } = new();

        public async ValueTask<ILogWriter> OpenAsync(LogId log, CancellationToken cancellationToken)
        {
            Said.Add("open");
            await Answers.Task;
            return new Writer(this);
        }

        public ValueTask<LogChunk> ReadAsync(LogId log, long offset, int maxBytes, CancellationToken cancellationToken) => throw new NotSupportedException();
        public IAsyncEnumerable<LogChunk> TailAsync(LogId log, long offset, CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask<IReadOnlyList<LogId>> ListAsync(LogId prefix, CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask DeleteAsync(LogId prefix, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class Writer(Slow logs) : ILogWriter
    {
        public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
        {
            logs.Said.Add("append");
            return ValueTask.FromResult(0L);
        }

        public ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            logs.Said.Add("complete");
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            logs.Said.Add("dispose");
            logs.LetGo.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
