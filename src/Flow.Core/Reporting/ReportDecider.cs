using System.Text.Json.Serialization;
using Flow.Engine;
using Flow.Runs;

namespace Flow.Reporting;

/// <summary>What is to be told of one run, and to whom it has not been told yet.</summary>
internal sealed record ReportState
{
    public StatusReport? Latest { get; init; }
    public int Number { get; init; }
    public IReadOnlyList<string> Pending { get; init; } = [];
    public int Failures { get; init; }
    public bool Resting { get; init; }
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(ReportStatus), "status")]
[JsonDerivedType(typeof(ReportDelivered), "delivered")]
[JsonDerivedType(typeof(ReportFailed), "failed")]
[JsonDerivedType(typeof(ReportAgain), "again")]
internal abstract record ReportInput : Input;

internal sealed record ReportStatus(StatusReport Report, IReadOnlyList<string> Reporters) : ReportInput;
internal sealed record ReportDelivered(int Number, string Reporter) : ReportInput;
internal sealed record ReportFailed(int Number, string Reporter, Failure Failure) : ReportInput;
internal sealed record ReportAgain(int Failures) : ReportInput;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(StatusNoted), "noted")]
[JsonDerivedType(typeof(StatusTold), "told")]
[JsonDerivedType(typeof(TellingFailed), "telling-failed")]
[JsonDerivedType(typeof(TellingResumed), "telling-resumed")]
internal abstract record ReportEvent : Event;

internal sealed record StatusNoted(StatusReport Report, IReadOnlyList<string> Reporters) : ReportEvent;
internal sealed record StatusTold(string Reporter) : ReportEvent;
internal sealed record TellingFailed(string Reporter, Failure Failure, bool GivenUp) : ReportEvent;
internal sealed record TellingResumed : ReportEvent, IUnrecorded;

internal sealed record DeliverReport(StatusReport Report, string Reporter, int Number, int Attempt) : Effect($"{Report.Run}/report/{Number}/{Reporter}/{Attempt}");

/// <summary>
/// Tells reporters how a run stands, apart from the run: the newest state only, retried with back-off, given up after about a day. A reporter that is
/// down delays a report and nothing else.
/// </summary>
internal sealed class ReportDecider : Decider<ReportState, ReportInput, ReportEvent>
{
    public const string Kind = "report";
    private const int MostFailures = 100;
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(15);

    public static StreamId StreamOf(RunId run) => new(Kind, run.ToString());

    public override ReportState Initial { get; } = new();

    public override Effect? Next(StreamId self, ReportState state) =>
        state is { Resting: false, Pending: [var reporter, ..] } ? new DeliverReport(state.Latest!, reporter, state.Number, state.Failures) : null;

    public override Decision Decide(StreamId self, ReportState state, ReportInput input, DateTimeOffset now) => input switch
    {
        ReportStatus status => Decision.Of(new StatusNoted(status.Report, status.Reporters)),
        ReportDelivered told when told.Number == state.Number && state.Pending.Contains(told.Reporter) => Done(state, new StatusTold(told.Reporter)),
        ReportFailed failed when failed.Number == state.Number && state.Pending.Contains(failed.Reporter) => !failed.Failure.Transient || state.Failures + 1 >= MostFailures
            ? Done(state, new TellingFailed(failed.Reporter, failed.Failure, true))
            : Decision.Of(new TellingFailed(failed.Reporter, failed.Failure, false)).Send(self, new ReportAgain(state.Failures + 1), Rest(state.Failures)),
        ReportAgain again when state.Resting && again.Failures == state.Failures => Decision.Of(new TellingResumed()),
        _ => Decision.Nothing,
    };

    /// <summary>When the last state of a run has been told to everybody, nothing is left to do here.</summary>
    private static Decision Done(ReportState state, ReportEvent happened)
    {
        var decision = Decision.Of(happened);
        return state is { Pending.Count: 1, Latest.State: RunStatus.Succeeded or RunStatus.Failed or RunStatus.Cancelled } ? decision.And(Decision.Forget()) : decision;
    }

    private static TimeSpan Rest(int failures) => TimeSpan.FromSeconds(Math.Min(LongestRest.TotalSeconds, Math.Pow(2, Math.Min(failures + 1, 20))));

    public override ReportState Evolve(ReportState state, ReportEvent happened) => happened switch
    {
        // A newer state replaces what has not been told yet; whoever is resting after a failure is asked soon enough.
        StatusNoted noted => state with { Latest = noted.Report, Number = state.Number + 1, Pending = noted.Reporters },
        StatusTold told => state with { Pending = [.. state.Pending.Where(r => r != told.Reporter)], Failures = 0 },
        TellingFailed { GivenUp: true } failed => state with { Pending = [.. state.Pending.Where(r => r != failed.Reporter)], Failures = 0 },
        // The one that failed goes to the end: it must not keep the others waiting.
        TellingFailed failed => state with { Pending = [.. state.Pending.Where(r => r != failed.Reporter), failed.Reporter], Failures = state.Failures + 1, Resting = true },
        TellingResumed => state with { Resting = false },
        _ => throw new InvalidOperationException($"A report knows no {happened.GetType().Name}."),
    };
}
