using Flow.Apps;
using Flow.Engine;
using Flow.Runs;

namespace Flow.Pipelines;

/// <summary>Pipelines, for hosts. What a request asks for is durable when the answer is there; waiting for an answer can be cancelled, the request cannot.</summary>
public interface IPipelines
{
    /// <summary>Declares a pipeline, or changes its declaration. Idempotent. Unknown providers, gates and impossible values are refused, all at once.</summary>
    ValueTask<Answer> DeclareAsync(PipelineDefinition definition, CancellationToken cancellationToken = default);

    /// <summary>A pipeline as last committed, or null.</summary>
    ValueTask<PipelineState?> GetAsync(PipelineName pipeline, CancellationToken cancellationToken = default);

    /// <summary>All pipelines in order of their names.</summary>
    IAsyncEnumerable<PipelineState> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Why a pipeline does not do what somebody expects of it: failing looks, missing branches, refused proposals, a pulled brake. Empty: nothing is wrong.</summary>
    ValueTask<IReadOnlyList<Explanation>> ExplainAsync(PipelineName pipeline, CancellationToken cancellationToken = default);

    /// <summary>A hint: look at the repository now. What counts is what is read then.</summary>
    ValueTask LookAsync(PipelineName pipeline, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deploys the newest head of the app's branch, or a commit of choice, also under a hold: somebody asks for it in person. Idempotent by
    /// <paramref name="requestKey"/> when one is given.
    /// </summary>
    ValueTask<Answer> DeployAsync(PipelineName pipeline, AppName app, CommitSha? commit, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>A maintainer vouches for exactly this commit of an untrusted proposal. A later push voids nothing: it is another commit.</summary>
    ValueTask<Answer> ApproveCommitAsync(PipelineName pipeline, CommitSha commit, string by, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets the teardowns happen that the brake has stopped: those of <see cref="PipelineState.BrakeHolds"/> at that moment, as far as they are still missing at the
    /// next complete look. What vanishes later waits for a confirmation of its own.
    /// </summary>
    ValueTask<Answer> ConfirmClosingsAsync(PipelineName pipeline, string by, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sets and removes config vars of all apps of an ephemeral stage: one change, one version. Review apps take them up with their next deployment. A secret's plain
    /// text is encrypted before it leaves this call, bound to pipeline, stage and name. At most 32 kB in total.
    /// </summary>
    /// <param name="pipeline">Whose.</param>
    /// <param name="stage"><see cref="Stage.Review"/> or <see cref="Stage.Test"/>.</param>
    /// <param name="changes">Name to value; null removes.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="requestKey">Makes the request idempotent.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    ValueTask<Answer> SetStageConfigAsync(
        PipelineName pipeline, Stage stage, IReadOnlyDictionary<string, ConfigVar?> changes, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>The config vars of an ephemeral stage, secrets by name only; null: none was ever set.</summary>
    ValueTask<StageConfigView?> GetStageConfigAsync(PipelineName pipeline, Stage stage, CancellationToken cancellationToken = default);
}
