using CsCheck;

namespace Flow.Reliability.Tests.Models;

/// <summary>How much is sampled. CsCheck prints the seed of what fails, and shrinks it.</summary>
internal static class Samples
{
    private static readonly int Factor = Environment.GetEnvironmentVariable("FLOW_LONG_TESTS") is null ? 1 : 10;

    /// <summary>So often, and ten times as often in the long form.</summary>
    public static long Times(int n) => (long)n * Factor;

    /// <summary>A model test that is given something wrong must fail, or it proves nothing.</summary>
    public static void MustFind(string wrong, Action sample) => sample.Should().Throw<CsCheckException>($"a store that {wrong} is wrong");
}
