namespace Flow.Testing.Simulation;

/// <summary>The same numbers for the same seed on every machine and with every version of .NET (SplitMix64); any seed, not only an <see cref="int"/>.</summary>
#pragma warning disable CA5394 // Not for secrets: a simulation must be repeatable.
internal sealed class SeededRandom(long seed) : Random
{
    private ulong state = unchecked((ulong)seed * 0x9E3779B97F4A7C15);

    public override int Next() => Next(int.MaxValue);

    public override int Next(int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
        return (int)(((Draw() >> 32) * (ulong)maxValue) >> 32);
    }

    public override int Next(int minValue, int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxValue, minValue);
        return (int)(minValue + (long)(((Draw() >> 32) * (ulong)((long)maxValue - minValue)) >> 32));
    }

    public override long NextInt64() => (long)(Draw() >> 1) % long.MaxValue;
    public override long NextInt64(long maxValue) => NextInt64(0, maxValue);

    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxValue, minValue);
        var range = unchecked((ulong)(maxValue - minValue));
        return range == 0 ? minValue : unchecked(minValue + (long)(Draw() % range));
    }

    public override double NextDouble() => (Draw() >> 11) * (1.0 / (1UL << 53));
    public override float NextSingle() => (float)(Draw() >> 40) * (1.0f / (1U << 24));
    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        for (var i = 0; i < buffer.Length; i++) buffer[i] = (byte)(Draw() >> 56);
    }

    protected override double Sample() => NextDouble();

    private ulong Draw()
    {
        var z = state = unchecked(state + 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
