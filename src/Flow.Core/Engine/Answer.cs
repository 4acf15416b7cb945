using Flow.Runs;

namespace Flow.Engine;

/// <summary>What the engine answers to a request. A request that is answered has been committed; what cannot be done is refused with its reason, never dropped.</summary>
public sealed record Answer
{
    /// <summary>It will be done, or is done already.</summary>
    public required bool Accepted { get; init; }

    /// <summary>Why not: stable and machine-readable. Null when accepted.</summary>
    public string? Code { get; init; }

    /// <summary>Why not, for a person; or a remark.</summary>
    public string? Reason { get; init; }

    /// <summary>The run that does it, when one does.</summary>
    public RunId? Run { get; init; }

    internal static Answer Ok(RunId? run = null, string? remark = null) => new() { Accepted = true, Run = run, Reason = remark };
    internal static Answer Refused(string code, string reason) => new() { Accepted = false, Code = code, Reason = reason };

    /// <summary>Itself when accepted; otherwise throws the refusal as a <see cref="FlowException"/>.</summary>
    public Answer OrThrow() => Accepted ? this : throw new FlowException(Code ?? "refused", Reason ?? "The request was refused.");
}
