using Flow.Engine;
using Flow.Logs;

namespace Flow.Runs;

/// <summary>Runs, for hosts. Requests are answered when they are durable.</summary>
public interface IRuns
{
    /// <summary>A run as last committed; null when it is unknown or past its retention.</summary>
    ValueTask<RunState?> GetAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>Runs of an app that are kept, newest first; at most <paramref name="max"/>.</summary>
    ValueTask<IReadOnlyList<KeyValuePair<RunId, RunState>>> ListAsync(AppName app, int max, CancellationToken cancellationToken = default);

    /// <summary>
    /// Why a run is not moving: the tree of what it waits for, since when, who or what can change it, and when it is looked at next. Null when the run is
    /// unknown. From what is committed: reading changes nothing.
    /// </summary>
    ValueTask<Explanation?> ExplainAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>Waits until a run has ended, however it ends; one that is planned may not have begun yet. Cancelling stops the waiting.</summary>
    /// <exception cref="FlowException"><c>run-unknown</c>: there is no such run, or none any more.</exception>
    ValueTask<RunState> WaitAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>Stops a run: its work first, then it ends. Refused after the traffic has been switched.</summary>
    ValueTask<Answer> CancelAsync(RunId run, string reason, string by, CancellationToken cancellationToken = default);

    /// <summary>Approves this run for its approval gates. Once per person.</summary>
    ValueTask<Answer> ApproveAsync(RunId run, string by, string? comment = null, CancellationToken cancellationToken = default);

    /// <summary>Lets this run pass one gate; the history shows who and why.</summary>
    ValueTask<Answer> OverrideGateAsync(RunId run, string gate, string by, string reason, CancellationToken cancellationToken = default);

    /// <summary>Answers the question of a run that stands at <see cref="RunStatus.Unknown"/>: it happened (go on), or it did not (do it again).</summary>
    ValueTask<Answer> DecideUnknownAsync(RunId run, bool happened, string by, CancellationToken cancellationToken = default);

    /// <summary>The run's logs in the order of its steps, its build's included. Read them from <see cref="ILogStore"/>.</summary>
    ValueTask<IReadOnlyList<LogId>> ListLogsAsync(RunId run, CancellationToken cancellationToken = default);
}
