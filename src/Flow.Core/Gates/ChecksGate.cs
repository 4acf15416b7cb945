using Flow.Engine;
using Flow.Pipelines;
using Flow.Runs.Steps;
using Flow.Sources;

namespace Flow.Gates;

/// <summary>
/// All checks of exactly this commit are good: those that the source host keeps, and those that were reported to Flow. One that is pending or
/// failed holds the run: a newer report under its name, a newer head, or an override moves it on. (Heroku: one pending or failed status holds it.)
/// </summary>
/// <remarks>
/// No check at all counts as "not reported yet" for <see cref="Grace"/>, then as "there are none" and passes with a note. An outage of the source host
/// waits: what is new can wait, promotion and rollback have gates of their own.
/// </remarks>
internal sealed class ChecksGate(FlowMailbox mailbox, Providers providers) : IGate
{
    public const string Name = "checks";
    internal static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookAgainIn = TimeSpan.FromSeconds(30);

    public async ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken)
    {
        if (context.Revision is not { } revision) return GateAnswer.Allow("this run is not about a commit");
        var reported = await mailbox.ReadAsync<PipelineState>(PipelineDecider.StreamOf(context.Pipeline), cancellationToken);
        List<Check> checks = [.. reported?.ChecksOf(revision.Sha) ?? []];
        try
        {
            if (providers.Get<ISourceProvider>(context.SourceProvider) is ISourceChecks host) checks.AddRange(await host.ListChecksAsync(context.Repository, revision.Sha, cancellationToken));
        }
        catch (FlowException outage) when (outage.Transient)
        {
            return GateAnswer.Wait($"the checks of {revision.Sha.Short} cannot be read: {outage.Message}", "the source host", LookAgainIn);
        }

        if (checks.Count == 0)
        {
            var rest = Grace - context.Waited;
            return rest <= TimeSpan.Zero
                ? GateAnswer.Allow($"no check has been reported for {revision.Sha.Short} within {Grace.TotalMinutes:0} minutes")
                : GateAnswer.Wait($"the first check of {revision.Sha.Short}", "the CI system", rest < LookAgainIn ? rest : LookAgainIn);
        }
        var failed = checks.Where(c => c.State == CheckState.Failure).Select(c => c.Name).ToList();
        if (failed.Count > 0) return GateAnswer.Wait($"{Listed(failed)} failed for {revision.Sha.Short}; a newer report may say otherwise", "the CI system, or whoever may override the gate", LookAgainIn);
        var pending = checks.Where(c => c.State == CheckState.Pending).Select(c => c.Name).ToList();
        return pending.Count > 0
            ? GateAnswer.Wait($"{Listed(pending)} of {revision.Sha.Short}", "the CI system", LookAgainIn)
            : GateAnswer.Allow($"{checks.Count} checks of {revision.Sha.Short} are good");
    }

    private static string Listed(List<string> names) => $"check{(names.Count == 1 ? "" : "s")} {string.Join(", ", names.Take(5))}{(names.Count > 5 ? $" and {names.Count - 5} more" : "")}";
}
