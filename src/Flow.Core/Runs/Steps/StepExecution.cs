using System.Text;
using Flow.Apps;
using Flow.Builds;
using Flow.Logs;
using Flow.Pipelines;

namespace Flow.Runs.Steps;

/// <summary>One attempt at one step of a run, with what the built-in steps need.</summary>
internal sealed class StepExecution(RunId run, RunState state, PlannedStep step, int attempt, ILogStore logs, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(30);
    private ILogWriter? writer;
    private Task pending = Task.CompletedTask;
    private bool deaf;
    private bool complete;

    public RunId Run => run;
    public RunState State => state;
    public PlannedStep Step => step;
    public int Attempt => attempt;
    public Plan Plan => state.Plan!;
    public AppPolicy Policy => state.Plan!.Policy;
    public SlotGrant Grant => state.Grant ?? throw new InvalidOperationException($"{run} does {step.Name} without the app's slot.");
    public Artifact Artifact => state.Artifact ?? throw new InvalidOperationException($"{run} does {step.Name} without an artifact.");

    /// <summary>Of this attempt's command: a retry after a known failure is another one.</summary>
    public string CommandId => RunLogs.CommandId(run, step, attempt);

    public LogId Log => RunLogs.Of(run, step.Name);
    public LogId OutputLog => RunLogs.Output(run, step.Name, attempt);

    public StepDone Done(string output = "", StepFacts? facts = null) => new(step.Name, output, facts);
    public StepFailed Failed(Failure failure) => new(step.Name, failure);
    public StepMustWait Wait(string reason, string owner, TimeSpan lookAgainIn) => new(step.Name, reason, owner, lookAgainIn);

    /// <summary>Appends a line to the step's log. Logs never fail a step, nor keep it waiting for long.</summary>
    public ValueTask WriteLineAsync(string line, CancellationToken cancellationToken) =>
        TryLogAsync(async log => await log.AppendAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken), cancellationToken);

    /// <summary>Why lines are missing from the step's log, if any are.</summary>
    public Exception? LogTrouble { get; private set; }

    /// <summary>Nothing more will come: whoever follows the log is told.</summary>
    public ValueTask CompleteLogAsync(CancellationToken cancellationToken)
    {
        // What was late may have come meanwhile, and a log without an end keeps its readers; what is late still ends it when it comes.
        complete = !pending.IsCompleted;
        deaf = false;
        return TryLogAsync(log => log.CompleteAsync(cancellationToken), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!pending.IsCompleted) _ = LeaveAsync();
        else if (writer is not null) await TryLogAsync(log => log.DisposeAsync(), CancellationToken.None);
    }

    /// <summary>Nobody waits for the store any more: when it has answered, the log is ended and its writer let go.</summary>
    private async Task LeaveAsync()
    {
        await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (writer is not { } log) return;
        try
        {
            if (complete) await log.CompleteAsync(CancellationToken.None);
            await log.DisposeAsync();
        }
        catch (Exception trouble) when (IsOfTheStore(trouble)) { }
    }

    private async ValueTask TryLogAsync(Func<ILogWriter, ValueTask> say, CancellationToken cancellationToken)
    {
        // One writer, one word at a time: what the store has not answered yet goes first.
        if (deaf || !pending.IsCompleted) return;
        try
        {
            pending = SayAsync();
            await (pending.IsCompleted ? pending : pending.WaitAsync(LogPatience, time, cancellationToken));
        }
        catch (Exception trouble) when (IsOfTheStore(trouble))
        {
            LogTrouble = trouble;
            // One that does not answer keeps nobody waiting twice.
            deaf = trouble is TimeoutException;
        }

        async Task SayAsync()
        {
            writer ??= await logs.OpenAsync(Log, cancellationToken);
            await say(writer);
        }
    }

    private static bool IsOfTheStore(Exception trouble) => trouble is FlowException or IOException or UnauthorizedAccessException or TimeoutException;
}

/// <summary>Where the logs of runs, builds and processes are.</summary>
internal static class RunLogs
{
    public static LogId Of(RunId run) => LogId.Parse($"run/{run}");
    public static LogId Of(RunId run, string step) => LogId.Parse($"run/{run}/{Plain(step)}");
    public static LogId Output(RunId run, string step, int attempt) => LogId.Parse($"run/{run}/{Plain(step)}.out/{attempt}");
    public static LogId OfBuild(string key, int attempt) => LogId.Parse($"build/{key}/{attempt}");
    public static LogId OfBuild(string key) => LogId.Parse($"build/{key}");
    public static LogId OfApp(AppName app) => LogId.Parse($"app/{app}");
    public static LogId OfDeployment(Runtimes.DeploymentId id) => LogId.Parse($"app/{id.App}/{id.Generation}/{id.Number}");
    public static string CommandId(RunId run, PlannedStep step, int attempt) => $"{run}.{Plain(step.Name)}.{attempt}";

    private static string Plain(string step) => string.Concat(step.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
}

/// <summary>A built-in step.</summary>
internal interface IBuiltInStep
{
    /// <summary>One of <see cref="WellKnownSteps"/>.</summary>
    string Kind { get; }

    Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken);
}

/// <summary>Finds providers by the names that pipelines use.</summary>
internal sealed class Providers(IServiceProvider services)
{
    public T Get<T>(string name) where T : class => Microsoft.Extensions.DependencyInjection.ServiceProviderKeyedServiceExtensions.GetKeyedService<T>(services, name.ToLowerInvariant())
        ?? throw new FlowException("provider-missing", $"There is no {typeof(T).Name} named '{name}' in this host: register it, or correct the pipeline's declaration.");
}
