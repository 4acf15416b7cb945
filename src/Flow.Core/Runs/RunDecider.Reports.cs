using Flow.Engine;
using Flow.Reporting;

namespace Flow.Runs;

internal sealed partial class RunDecider
{
    /// <summary>Whenever a run's status changes, its reporters are told: by a message, so that they delay nothing.</summary>
    private Decision Reported(StreamId self, RunState before, Decision decided)
    {
        if (decided.Events.Count == 0) return decided;
        var run = After(before, decided);
        if (run.Plan is not { Policy.Reporters: { Count: > 0 } reporters } plan || (run.Status == before.Status && before.Plan is not null)) return decided;
        return decided.Send(ReportDecider.StreamOf(IdOf(self)), new ReportStatus(new()
        {
            Run = IdOf(self),
            App = IdOf(self).App,
            Stage = plan.Policy.Stage,
            Kind = plan.Kind,
            Revision = plan.Revision,
            State = run.Status,
            Reason = run.Waits?.For ?? run.Reason,
        }, reporters));
    }
}
