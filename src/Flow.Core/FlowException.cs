namespace Flow;

/// <summary>
/// An adapter could not do what was asked. Thrown only at the edges: the outcome of a run is data, never an exception.
/// </summary>
/// <param name="code">Stable and machine-readable, kebab-case: <c>source-unreachable</c>, <c>procfile-invalid</c>.</param>
/// <param name="message">For a person: what happened, where, and what to do. Never a secret, never unbounded text from outside.</param>
/// <param name="transient">True when the same call may succeed later without anybody changing anything.</param>
/// <param name="inner">The cause, for logs only.</param>
public sealed class FlowException(string code, string message, bool transient = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Stable and machine-readable.</summary>
    public string Code { get; } = code;

    /// <summary>The same call may succeed later.</summary>
    public bool Transient { get; } = transient;

    /// <summary>The same as data.</summary>
    public Failure ToFailure() => new(Code, Message, Transient);
}
