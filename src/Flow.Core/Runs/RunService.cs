using System.Globalization;
using Flow.Apps;
using Flow.Engine;
using Flow.Logs;
using Flow.Runs.Steps;

namespace Flow.Runs;

internal sealed class RunService(FlowMailbox mailbox, RunExplainer explainer, ILogStore logs, TimeProvider time) : IRuns
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    public ValueTask<RunState?> GetAsync(RunId run, CancellationToken cancellationToken = default) => mailbox.ReadAsync<RunState>(RunDecider.StreamOf(run), cancellationToken);

    public async ValueTask<IReadOnlyList<KeyValuePair<RunId, RunState>>> ListAsync(AppName app, int max, CancellationToken cancellationToken = default)
    {
        List<KeyValuePair<RunId, RunState>> found = [];
        var newest = (await mailbox.ReadAsync<AppState>(AppDecider.StreamOf(app), cancellationToken))?.Runs ?? 0;
        // Runs expire oldest first, give or take those that are still open: a long gap is the end.
        for (var (number, gap) = (newest, 0); number > 0 && found.Count < max && gap < 100; number--)
        {
            var id = new RunId(app, number);
            if (await GetAsync(id, cancellationToken) is { Plan: not null } run)
            {
                found.Add(new(id, run));
                gap = 0;
            }
            else gap++;
        }
        return found;
    }

    public ValueTask<Explanation?> ExplainAsync(RunId run, CancellationToken cancellationToken = default) => explainer.ExplainAsync(run, cancellationToken);

    public async ValueTask<RunState> WaitAsync(RunId run, CancellationToken cancellationToken = default)
    {
        for (var pause = TimeSpan.FromMilliseconds(10); ; pause = pause < LongestPause ? pause * 2 : LongestPause)
        {
            var found = await GetAsync(run, cancellationToken);
            if (found is { Closed: true }) return found;
            if (found is not { Plan: not null } && !await IsComingAsync(run, cancellationToken)) throw new FlowException("run-unknown", $"There is no run {run}.");
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>Its app knows a run from planning it to its end; whoever is in neither then has been forgotten, or never was.</summary>
    private async ValueTask<bool> IsComingAsync(RunId run, CancellationToken cancellationToken) =>
        (await mailbox.ReadAsync<AppState>(AppDecider.StreamOf(run.App), cancellationToken))?.Candidates.Any(c => c.Run == run) == true
        || await GetAsync(run, cancellationToken) is { Plan: not null };

    public ValueTask<Answer> CancelAsync(RunId run, string reason, string by, CancellationToken cancellationToken = default) => Ask(run, new CancelRun(reason, by), cancellationToken);

    public ValueTask<Answer> ApproveAsync(RunId run, string by, string? comment = null, CancellationToken cancellationToken = default) => Ask(run, new ApproveRun(by, comment), cancellationToken);

    public ValueTask<Answer> OverrideGateAsync(RunId run, string gate, string by, string reason, CancellationToken cancellationToken = default) =>
        Ask(run, new OverrideGate(gate, by, reason), cancellationToken);

    public ValueTask<Answer> DecideUnknownAsync(RunId run, bool happened, string by, CancellationToken cancellationToken = default) => Ask(run, new DecideUnknown(happened, by), cancellationToken);

    public async ValueTask<IReadOnlyList<LogId>> ListLogsAsync(RunId run, CancellationToken cancellationToken = default)
    {
        if (await GetAsync(run, cancellationToken) is not { Plan: { } plan } state) return [];
        var own = await logs.ListAsync(RunLogs.Of(run), cancellationToken);
        var build = state.Source is { } source ? await logs.ListAsync(RunLogs.OfBuild(source.BuildKey), cancellationToken) : [];
        List<LogId> ordered = [];
        foreach (var step in plan.Steps)
        {
            if (step.Kind == WellKnownSteps.Build) ordered.AddRange(build);
            var prefix = RunLogs.Of(run, step.Name).ToString();
            ordered.AddRange(own.Where(l => l.ToString() is var name && (name == prefix || name.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{prefix}.out/"), StringComparison.Ordinal))));
        }
        return ordered;
    }

    private ValueTask<Answer> Ask(RunId run, RunInput input, CancellationToken cancellationToken) => mailbox.AskAsync(RunDecider.StreamOf(run), input, cancellationToken: cancellationToken);
}
