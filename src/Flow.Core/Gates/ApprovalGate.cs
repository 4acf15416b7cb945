namespace Flow.Gates;

/// <summary>Somebody must approve this run. Waits without holding anything.</summary>
internal sealed class ApprovalGate : IGate
{
    public const string Name = "approval";
    private static readonly TimeSpan LookAgainIn = TimeSpan.FromHours(1);

    public ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken) => ValueTask.FromResult(context.Approvals is [var first, ..]
        ? GateAnswer.Allow($"approved by {first.By}{(first.Comment is null ? "" : $": {first.Comment}")}")
        : GateAnswer.Wait("an approval of this run", "whoever may approve", LookAgainIn));
}
