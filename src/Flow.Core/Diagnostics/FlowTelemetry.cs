using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Flow.Diagnostics;

/// <summary>Names of what Flow tells about itself. They are API: listen to them with OpenTelemetry or anything else.</summary>
public static class FlowTelemetry
{
    /// <summary>Of the <see cref="ActivitySource"/>.</summary>
    public const string ActivitySourceName = "Flow";
    /// <summary>Of the <see cref="Meter"/>.</summary>
    public const string MeterName = "Flow";
    /// <summary>Seconds a step took; tags <c>flow.step</c>, <c>flow.outcome</c>.</summary>
    public const string StepDuration = "flow.step.duration";
    /// <summary>Seconds from the start of a run to its end; tags <c>flow.run.kind</c>, <c>flow.outcome</c>.</summary>
    public const string RunDuration = "flow.run.duration";
    /// <summary>Commits of the engine; tag <c>flow.stream.kind</c>.</summary>
    public const string Commits = "flow.commits";
}

internal static class FlowMetrics
{
    public static readonly ActivitySource Activities = new(FlowTelemetry.ActivitySourceName);
    private static readonly Meter Meter = new(FlowTelemetry.MeterName);
    public static readonly Counter<long> Commits = Meter.CreateCounter<long>(FlowTelemetry.Commits);
    public static readonly Histogram<double> StepDuration = Meter.CreateHistogram<double>(FlowTelemetry.StepDuration, "s");
    public static readonly Histogram<double> RunDuration = Meter.CreateHistogram<double>(FlowTelemetry.RunDuration, "s");
}
