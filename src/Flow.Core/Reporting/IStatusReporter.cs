using Flow.Runs;
using Flow.Sources;

namespace Flow.Reporting;

/// <summary>
/// Tells somebody outside how a run stands. Never blocks or fails a run: reports are durable, coalesced (only the newest state of a run is
/// told) and retried apart from it.
/// </summary>
public interface IStatusReporter
{
    /// <summary>Tells the state. Idempotent by (<see cref="StatusReport.Run"/>, <see cref="StatusReport.State"/>). A <see cref="FlowException"/> is retried with back-off.</summary>
    ValueTask ReportAsync(StatusReport report, CancellationToken cancellationToken);
}

/// <summary>How a run stands.</summary>
public sealed record StatusReport
{
    /// <summary>The run.</summary>
    public required RunId Run { get; init; }
    /// <summary>The app it is for.</summary>
    public required AppName App { get; init; }
    /// <summary>The app's stage.</summary>
    public required Stage Stage { get; init; }
    /// <summary>What it does.</summary>
    public required RunKind Kind { get; init; }
    /// <summary>The code, when it is about code.</summary>
    public Revision? Revision { get; init; }
    /// <summary>Its state.</summary>
    public required RunStatus State { get; init; }
    /// <summary>Why, when it failed or waits.</summary>
    public string? Reason { get; init; }
    /// <summary>The app's URL.</summary>
    public Uri? Url { get; init; }
}
