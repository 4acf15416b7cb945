using System.Collections.Frozen;
using Flow.Diagnostics;
using Flow.Engine;
using Flow.Logs;
using Flow.Routing;
using Flow.Runs.Steps;
using Flow.Runtimes;
using Microsoft.Extensions.Logging;

namespace Flow.Runs;

/// <summary>Does what runs owe: the step that is due, stopping, and forgetting.</summary>
internal sealed partial class RunEffects(IEnumerable<IBuiltInStep> steps, Providers providers, IRouter router, ILogStore logs, TimeProvider time, ILogger<RunEffects> logger)
    : IEffectPerformer<RunState>
{
    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan GatePatience = TimeSpan.FromMinutes(1);

    /// <summary>Timers end at 49 days.</summary>
    private static TimeSpan Bounded(TimeSpan timeout) => TimeSpan.FromTicks(Math.Clamp(timeout.Ticks, TimeSpan.TicksPerSecond, TimeSpan.TicksPerDay * 40));
    private readonly FrozenDictionary<string, IBuiltInStep> byKind = steps.ToFrozenDictionary(s => s.Kind);

    public async Task<Input> PerformAsync(EffectContext context, RunState state, Effect effect, CancellationToken unwanted) => effect switch
    {
        ExecuteStep execute => await ExecuteAsync(context, state, execute, unwanted),
        StopRun stop => await StopAsync(state, stop, unwanted),
        TidyRun tidy => await Patience.AskAsync("remove its commands", token => TidyAsync(state, tidy.Run, token), time, unwanted),
        DeleteRunLogs delete => await Patience.AskAsync("delete its logs", token => DeleteLogsAsync(delete.Run, token), time, unwanted),
        _ => throw new InvalidOperationException($"Nobody does {effect.IdempotencyKey}."),
    };

    public void Committed(StreamId stream, RunState before, RunState after)
    {
        if (before.Closed || !after.Closed) return;
        FlowMetrics.RunDuration.Record((after.EndedAt!.Value - after.BegunAt!.Value).TotalSeconds, new("flow.run.kind", after.Plan!.Kind.ToString().ToLowerInvariant()), new("flow.outcome", after.Status.ToString().ToLowerInvariant()));
        LogEnded(stream.Key, after.Status, after.Reason ?? "");
    }

    private async Task<Input> ExecuteAsync(EffectContext context, RunState state, ExecuteStep execute, CancellationToken unwanted)
    {
        var step = execute.Step;
        if (step.Repeat == StepRepeat.OnceThenAsk && !Plans.RunsCommand(step))
        {
            if (state.Begun) return new StepUnknown(step.Name, $"step {step.Name} was interrupted, and it must not be repeated by itself: did it happen?");
            if (!await context.TellAsync(new StepBegun(step.Name, execute.Attempt))) throw new OperationCanceledException($"{execute.Run} belongs to somebody else now.");
        }

        using var activity = FlowMetrics.Activities.StartActivity($"step {step.Kind}");
        activity?.SetTag("flow.run", execute.Run.ToString()).SetTag("flow.step", step.Name);
        var started = time.GetTimestamp();
        await using var execution = new StepExecution(execute.Run, state, step, execute.Attempt, logs, time);
        var asksOnce = step.Kind == WellKnownSteps.Gate;
        var patience = Plans.TimeoutOf(step, state);
        using var deadline = new CancellationTokenSource(asksOnce ? GatePatience : Bounded(patience), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(unwanted, deadline.Token);
        RunInput result;
        try
        {
            result = await byKind[step.Kind].ExecuteAsync(execution, either.Token);
        }
        catch (OperationCanceledException) when (!unwanted.IsCancellationRequested && deadline.IsCancellationRequested)
        {
            // A gate's time-out is for the waiting as a whole; one answer that does not come is asked for again.
            result = asksOnce
                ? execution.Wait($"an answer of {step.Name}, which has not come within {GatePatience.TotalSeconds:0} s", "that gate", GatePatience)
                : execution.Failed(new("step-timeout", $"timed out after {patience}")) with { Unsure = Plans.RunsCommand(step) };
        }
        catch (OperationCanceledException) when (unwanted.IsCancellationRequested)
        {
            throw;
        }
        catch (FlowException trouble) when (trouble.Transient && step.Repeat == StepRepeat.OnceThenAsk && step.Kind == Plans.HostKind)
        {
            result = new StepUnknown(step.Name, $"step {step.Name} was interrupted ({trouble.Message}), and it must not be repeated by itself: did it happen?");
        }
        catch (FlowException trouble)
        {
            result = new StepFailed(step.Name, trouble.ToFailure(), Unsure: true);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            // Text of strangers' exceptions may hold anything: it goes to the host's log, not to people.
            LogBug(execute.Run, step.Name, bug);
            result = execution.Failed(new("step-threw", $"{bug.GetType().Name} in step {step.Name}; the host's log has the details."));
        }
        var outcome = result switch { StepDone => "done", StepMustWait => "wait", StepUnknown => "unknown", _ => "failed" };
        FlowMetrics.StepDuration.Record(time.GetElapsedTime(started).TotalSeconds, new("flow.step", step.Kind), new("flow.outcome", outcome));
        activity?.SetTag("flow.outcome", outcome);
        if (result is StepFailed failed)
        {
            LogFailed(execute.Run, step.Name, execute.Attempt, failed.Failure.Message);
            await execution.WriteLineAsync($"Failed: {failed.Failure.Message}", CancellationToken.None);
        }
        // A failure that may pass, or a wait, goes on in the same log.
        if (result is StepDone or StepFailed { Failure.Transient: false }) await execution.CompleteLogAsync(CancellationToken.None);
        if (execution.LogTrouble is { } missing) LogUnfinished(execute.Run, step.Name, missing);
        return result;
    }

    /// <summary>The traffic goes back if it was being led away; then everything the run started is stopped, commands of all attempts included.</summary>
    private async Task<Input> StopAsync(RunState state, StopRun stop, CancellationToken cancelled)
    {
        var policy = state.Plan!.Policy;
        using var deadline = new CancellationTokenSource(Bounded(policy.DrainDeadline + policy.StopGrace + Patience.Usual), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, deadline.Token);
        var unwanted = either.Token;
        try
        {
            var runtime = providers.Get<IRuntime>(policy.Runtime);
            // Nothing of it serves: it gets a shorter grace than what does, so that a cancelled run's processes are gone within ten seconds.
            var grace = policy.StopGrace < CancelGrace ? policy.StopGrace : CancelGrace;
            await StopCommandsAsync(state, stop.Run, grace, unwanted);
            if (state is { Grant: { Deployment: { } deployment } grant, Switched: false, Plan.Kind: not RunKind.Scale })
            {
                if (state.Due?.Kind == WellKnownSteps.Switch)
                {
                    await router.SetAsync(new(grant.Previous ?? deployment, grant.Previous is null ? [] : grant.PreviousEndpoints, grant.Back), unwanted);
                    await router.DrainAsync(state.Endpoints, policy.DrainDeadline, unwanted);
                }
                await runtime.StopAsync(deployment, grace, unwanted);
            }
            return new Stopped();
        }
        catch (FlowException trouble)
        {
            return new StopFailed(trouble.ToFailure());
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancelled.IsCancellationRequested)
        {
            return new StopFailed(new("stop-timeout", "the runtime or the router did not answer in time", Transient: true));
        }
        // An adapter's own time-out is a cancellation too, and nobody's but its own.
        catch (Exception bug) when (bug is not OutOfMemoryException && !(bug is OperationCanceledException && cancelled.IsCancellationRequested))
        {
            LogBug(stop.Run, "stop", bug);
            return new StopFailed(new("stop-threw", $"{bug.GetType().Name}; the host's log has the details.", Transient: true));
        }
    }

    private async Task StopCommandsAsync(RunState state, RunId run, TimeSpan grace, CancellationToken unwanted)
    {
        var runtime = providers.Get<IRuntime>(state.Plan!.Policy.Runtime);
        foreach (var step in state.Plan.Steps.Take(state.Done.Count + 1).Where(Plans.RunsCommand))
            for (var attempt = 1; attempt <= (step == state.Due ? state.Attempt : state.Find(step.Name)?.Attempt ?? 0); attempt++)
                await runtime.StopCommandAsync(RunLogs.CommandId(run, step, attempt), grace, unwanted);
    }

    /// <summary>Only now that their outcome is committed: a runtime that has forgotten a command would run it again.</summary>
    private async Task<Input> TidyAsync(RunState state, RunId run, CancellationToken unwanted)
    {
        try
        {
            await StopCommandsAsync(state, run, TimeSpan.Zero, unwanted);
        }
        catch (FlowException trouble) when (!trouble.Transient)
        {
            LogFailed(run, "tidy", 1, trouble.Message);
        }
        return new RunTidied();
    }

    private async Task<Input> DeleteLogsAsync(RunId run, CancellationToken unwanted)
    {
        await logs.DeleteAsync(RunLogs.Of(run), unwanted);
        return new LogsDeleted();
    }

    [LoggerMessage(1100, LogLevel.Error, "{Run}: {Step} threw.")]
    private partial void LogBug(RunId run, string step, Exception bug);

    [LoggerMessage(1102, LogLevel.Warning, "{Run}: lines are missing from the log of {Step}.")]
    private partial void LogUnfinished(RunId run, string step, Exception trouble);

    [LoggerMessage(1103, LogLevel.Information, "{Run} ended: {Outcome}. {Reason}")]
    private partial void LogEnded(string run, RunStatus outcome, string reason);

    [LoggerMessage(1101, LogLevel.Warning, "{Run}: {Step}, attempt {Attempt}, failed: {Reason}")]
    private partial void LogFailed(RunId run, string step, int attempt, string reason);
}
