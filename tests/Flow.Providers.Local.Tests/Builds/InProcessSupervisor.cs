using System.Collections.Concurrent;
using System.Text;
using CliWrap;
using Flow.Providers.Local.Supervision;

namespace Flow.Providers.Local.Tests.Builds;

/// <summary>Really runs the commands, as children of the test. What survives a host here is this object.</summary>
internal sealed class InProcessSupervisor : ISupervisor, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Run> runs = new();

    /// <summary>In the environment of everything it starts, and so of all descendants.</summary>
    public string Tag { get; } = $"flow-test-{Guid.NewGuid():N}";

    public List<SupervisedCommand> Started { get; } = [];

    public ValueTask<SupervisedState> StartAsync(SupervisedCommand command, CancellationToken cancellationToken)
    {
        var run = runs.GetOrAdd(command.Id, _ => new Run());
        lock (Started)
        {
            if (run.Ended is null)
            {
                Started.Add(command);
                run.Ended = RunAsync(run, command);
            }
        }
        return new(run.State);
    }

    public ValueTask<SupervisedState?> InspectAsync(string id, CancellationToken cancellationToken) => new(runs.TryGetValue(id, out var run) ? run.State : null);

    public async ValueTask StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (!runs.TryRemove(id, out var run)) return;
        await run.Stop.CancelAsync();
        await run.Ended!;
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken) => new([.. runs.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))]);

    /// <summary>As if the machine went down: the record stays, nobody knows how it ended.</summary>
    public async Task LoseAsync(string id)
    {
        await runs[id].Stop.CancelAsync();
        await runs[id].Ended!;
    }

    /// <summary>Command lines of processes that carry the tag.</summary>
    public IReadOnlyList<string> Alive()
    {
        var alive = new List<string>();
        foreach (var directory in Directory.GetDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(directory, "environ")).Contains(Tag, StringComparison.Ordinal)) alive.Add(File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' '));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked, or is somebody else's.
            }
        }
        return alive;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in runs.Keys) await StopAsync(id, TimeSpan.Zero, default);
    }

    private async Task RunAsync(Run run, SupervisedCommand command)
    {
        using var timeout = new CancellationTokenSource(command.Timeout ?? Timeout.InfiniteTimeSpan);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, run.Stop.Token);
        var sink = PipeTarget.ToDelegate(line =>
        {
            lock (run.Output) run.Output.Append(line).Append('\n');
        });
        try
        {
            var result = await Cli.Wrap(command.Arguments[0]).WithArguments(command.Arguments.Skip(1)).WithWorkingDirectory(command.WorkingDirectory)
                .WithValidation(CommandResultValidation.None).WithStandardOutputPipe(sink).WithStandardErrorPipe(sink)
                .ExecuteAsync(start =>
                {
                    start.Environment.Clear();
                    foreach (var (name, value) in command.Environment) start.Environment[name] = value;
                    start.Environment["FLOW_TEST_TAG"] = Tag;
                }, null, stop.Token, CancellationToken.None);
            run.ExitCode = result.ExitCode;
        }
        catch (OperationCanceledException)
        {
            run.TimedOut = timeout.IsCancellationRequested;
        }
    }

    private sealed class Run
    {
        public CancellationTokenSource Stop { get; } = new();
        public StringBuilder Output { get; } = new();
        public Task? Ended { get; set; }
        public int? ExitCode { get; set; }
        public bool TimedOut { get; set; }

        public SupervisedState State
        {
            get
            {
                lock (Output)
                {
                    var text = Output.ToString();
                    return new() { Running = Ended is null or { IsCompleted: false }, ExitCode = ExitCode, TimedOut = TimedOut, Tail = text.Length > 2000 ? text[^2000..] : text };
                }
            }
        }
    }
}
