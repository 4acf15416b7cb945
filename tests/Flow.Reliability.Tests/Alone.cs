namespace Flow.Reliability.Tests;

/// <summary>Tests that measure a process in real time: nothing else of this program runs meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
