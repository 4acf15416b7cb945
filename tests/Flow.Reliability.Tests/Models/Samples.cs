using CsCheck;

namespace Flow.Reliability.Tests.Models;

/// <summary>How much is sampled. CsCheck prints the seed of what fails, and shrinks it.</summary>
internal static class Samples
{
    private static readonly int Factor = LongTests.Wanted ? 10 : 1;

    /// <summary>So often, and ten times as often in the long form.</summary>
    public static long Times(int n) => (long)n * Factor;

    /// <summary>A model test that is given something wrong must fail, or it proves nothing. What is sampled is chance: it may be sampled again.</summary>
    public static void MustFind(string wrong, Action sample)
    {
        // On a busy machine threads meet seldom.
        for (var round = 1; round <= 200; round++)
        {
            try { sample(); }
            catch (CsCheckException) { return; }
        }
        Assert.Fail($"Nothing was found of what {wrong}.");
    }
}
