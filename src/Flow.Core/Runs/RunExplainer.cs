using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Runs;

/// <summary>Answers "why is it waiting?" from what is committed: the run, its app, its build, its pipeline.</summary>
internal sealed class RunExplainer(FlowMailbox mailbox)
{
    /// <summary>Runs wait for runs; nobody reads further than this.</summary>
    private const int Deepest = 8;

    public async ValueTask<Explanation?> ExplainAsync(RunId id, CancellationToken cancellationToken) => await ExplainAsync(id, 0, cancellationToken);

    private async ValueTask<Explanation?> ExplainAsync(RunId id, int depth, CancellationToken cancellationToken)
    {
        if (await mailbox.ReadAsync<RunState>(RunDecider.StreamOf(id), cancellationToken) is not { Plan: { } plan } run) return null;
        var about = new Explanation { What = $"{plan.Kind} {id}", Run = id, Since = run.BegunAt };
        if (run.Closed) return about with { What = $"{plan.Kind} {id} has ended: {run.Status}{(run.Reason is null ? "" : $", {run.Reason}")}", Since = run.EndedAt };
        return about with { Because = [await ReasonAsync(id, run, depth, cancellationToken)] };
    }

    private async ValueTask<Explanation> ReasonAsync(RunId id, RunState run, int depth, CancellationToken cancellationToken)
    {
        var due = run.Due;
        if (run.Status == RunStatus.Stopping)
            return new() { What = $"it is stopping what it started ({run.Reason})", Since = run.Waits?.Since ?? run.StepSince, Owner = "Flow", NextLook = run.Waits?.NextLook, Because = Waiting(run) };
        if (run.Waits is not { } waits) return new() { What = $"step {due?.Name} is being done (attempt {run.Attempt})", Since = run.StepSince, Owner = OwnerOf(due) };

        var reason = new Explanation { What = $"step {due?.Name} waits for {waits.For}", Since = waits.Since, Owner = waits.Owner, NextLook = waits.NextLook };
        if (run.Status == RunStatus.Unknown) return reason with { What = waits.For, Owner = waits.Owner };
        if (due is { ChangesApp: true } && run.Grant is null)
            return reason with { What = $"step {due.Name} waits for the slot of {id.App}", Because = await SlotAsync(id, depth, cancellationToken) };
        return due?.Kind == WellKnownSteps.Build && run.Source is { } source ? reason with { Because = await BuildAsync(source.BuildKey, cancellationToken) } : reason;
    }

    private static IReadOnlyList<Explanation> Waiting(RunState run) =>
        run.Waits is { } waits ? [new() { What = waits.For, Since = waits.Since, Owner = waits.Owner, NextLook = waits.NextLook }] : [];

    private static string OwnerOf(PlannedStep? step) => step?.Kind switch
    {
        WellKnownSteps.Fetch => "the source host",
        WellKnownSteps.Provision => "the add-on provider",
        WellKnownSteps.Release or WellKnownSteps.Command or WellKnownSteps.PostDeploy or WellKnownSteps.DeployHook or WellKnownSteps.Predestroy => "the app's own command",
        WellKnownSteps.Deploy => "the app's new processes",
        WellKnownSteps.Retire or WellKnownSteps.Teardown => "the runtime",
        Plans.HostKind => $"the host's step '{step!.Name}'",
        _ => "Flow",
    };

    /// <summary>The slot goes to one at a time, in the order that <see cref="AppDecider"/> keeps.</summary>
    private async ValueTask<IReadOnlyList<Explanation>> SlotAsync(RunId id, int depth, CancellationToken cancellationToken)
    {
        if (await mailbox.ReadAsync<AppState>(AppDecider.StreamOf(id.App), cancellationToken) is not { } app) return [];
        List<Explanation> reasons = [];
        var mine = app.Candidates.FirstOrDefault(c => c.Run == id);
        if (app.Hold is { } hold && mine is { Automatic: true })
            reasons.Add(new() { What = $"automatic deployments of {id.App} are on hold: {hold.Reason}", Since = hold.At, Owner = $"{hold.By}, or whoever may resume {id.App}" });
        if (app.Slot is { } busy && busy != id && depth < Deepest && await ExplainAsync(busy, depth + 1, cancellationToken) is { } other)
            reasons.Add(other with { What = $"{other.What} changes {id.App} now" });
        if (app.Life == AppLife.Destroying)
            reasons.AddRange(app.Candidates.Where(c => c.Run != id && c.Run != app.Slot).Select(c => new Explanation { What = $"{c.Kind} {c.Run} has not ended yet", Run = c.Run, Owner = "that run" }));
        return reasons;
    }

    private async ValueTask<IReadOnlyList<Explanation>> BuildAsync(string key, CancellationToken cancellationToken)
    {
        if (await mailbox.ReadAsync<BuildState>(BuildDecider.StreamOf(key), cancellationToken) is not { Order: { } order } build) return [];
        return [new()
        {
            What = build.Resting ? $"build {key}: attempt {build.Attempt - 1} failed for a reason that may pass; it rests before the next" : $"build {key}, attempt {build.Attempt}, for {build.Wanted.Count} run(s)",
            Since = build.LastWanted,
            Owner = $"builder '{order.Builder}'",
        }];
    }

    /// <summary>Why the newest head of an app's branch, or a proposal, has no run at all.</summary>
    public async ValueTask<IReadOnlyList<Explanation>> ExplainAsync(PipelineName pipeline, CancellationToken cancellationToken)
    {
        if (await mailbox.ReadAsync<PipelineState>(PipelineDecider.StreamOf(pipeline), cancellationToken) is not { Declared: { } declared } state) return [];
        List<Explanation> reasons = [];
        if (state.Trouble is { } trouble)
            reasons.Add(new() { What = $"looking at {declared.Definition.Repository.Url} has failed {trouble.Times} time(s): {trouble.Failure.Message}", Since = trouble.Since, Owner = "the source host, or whoever may change the pipeline" });
        if (state.Brake is { } brake) reasons.Add(new() { What = brake, Owner = "whoever may confirm closings" });
        // Proposals that wait are told of below, in the words of now.
        reasons.AddRange(state.Problems.Where(p => !p.Key.StartsWith("proposal ", StringComparison.Ordinal)).OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => new Explanation { What = $"{p.Key}: {p.Value}", Owner = "whoever may change the pipeline" }));
        var words = new ReviewReasons(state);
        reasons.AddRange(state.Proposals.Where(p => p.Value.Waits is not null && declared.Definition.ReviewApps is not null).OrderBy(p => p.Value.Opened).ThenBy(p => p.Value.Order)
            .Select(p => new Explanation { What = $"proposal {p.Key}: {words.Of(p.Value)}", Since = p.Value.WaitsSince, Owner = ReviewReasons.OwnerOf(p.Value.Waits!.Value) }));
        reasons.AddRange(state.WantedBranches.Where(b => !state.Proposals.ContainsKey(b.Key)).OrderBy(b => b.Key, StringComparer.Ordinal)
            .Select(b => new Explanation { What = $"branch {HostileText.Shown(b.Value.Branch)}: it has not been seen yet", Since = b.Value.At, Owner = "whoever may push it" }));
        foreach (var teardown in state.Teardowns.Values.OrderBy(t => t.Since).ThenBy(t => t.App.ToString(), StringComparer.Ordinal))
            reasons.Add(new() { What = $"{teardown.App} is being torn down: {teardown.Evidence}", Since = teardown.Since, Owner = "Flow", Because = await TeardownAsync(teardown.App, cancellationToken) });
        return reasons;
    }

    private async ValueTask<IReadOnlyList<Explanation>> TeardownAsync(AppName app, CancellationToken cancellationToken) =>
        await mailbox.ReadAsync<AppState>(AppDecider.StreamOf(app), cancellationToken) is { } state && state.Candidates.FirstOrDefault(c => c.Kind == RunKind.Destroy) is { } run
            && await ExplainAsync(run.Run, 1, cancellationToken) is { } reason ? [reason] : [];
}
