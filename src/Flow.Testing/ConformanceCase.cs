namespace Flow.Testing;

/// <summary>One duty of a contract, as a test to run against an implementation.</summary>
/// <typeparam name="THarness">What makes and drives the implementation.</typeparam>
/// <param name="Id">Stable and unique in its catalogue, kebab-case.</param>
/// <param name="Requirement">The duty, as a sentence.</param>
/// <param name="RunAsync">Proves it on a harness of its own; throws <see cref="ConformanceException"/> when the implementation does otherwise.</param>
/// <param name="Needs">An ability that an implementation may lack by its nature, such as <c>reopen</c>; null when everyone must pass.</param>
public sealed record ConformanceCase<THarness>(string Id, string Requirement, Func<THarness, CancellationToken, Task> RunAsync, string? Needs = null)
{
    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
