using Flow.Docs.Tests.Samples;

namespace Flow.Docs.Tests;

public sealed class A_simulated_host
{
    [Fact]
    public void Holds_with_the_add_on_of_the_documentation()
    {
        var result = QueuesInTheSimulator.Run(40);
        result.First.Should().BeNull(string.Join(Environment.NewLine, result.First?.Story ?? []));
    }
}
