using Flow.Engine;

namespace Flow.Sources;

/// <summary>How checks reach pipelines whose source host keeps none, such as plain git.</summary>
public interface IChecks
{
    /// <summary>Reports a check of a commit; the newest report under a name counts. Idempotent. Runs that wait for it look again at once.</summary>
    ValueTask<Answer> ReportAsync(PipelineName pipeline, CommitSha commit, Check check, CancellationToken cancellationToken = default);
}
