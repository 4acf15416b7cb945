using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.Simulated;

/// <summary>
/// Seeds that have violated something once. A seed tells the same story only as long as the simulator stays as it is: when it learns something new, an old seed becomes
/// just another one. So each stands here with what it found, and what it found has a test of its own where the rule lives; the seed is kept because it costs nothing.
/// </summary>
public sealed class Regressions
{
    public static TheoryData<long, string> Seeds() => new()
    {
        { 22, "A clock that jumped by an hour ended the grace in which the first check may still be reported." },
        { 1534, "An input without the name of its type was no JSON error: its stream would have been offered again for ever." },
        { 117, "Proposals that vanish at once are torn down only after somebody has confirmed; the check at the end did not wait for that." },
    };

    [Theory, MemberData(nameof(Seeds))]
    public void Hold(long seed, string found) => FlowSimulation.Run(seed).Violation.Should().BeNull(found);
}
