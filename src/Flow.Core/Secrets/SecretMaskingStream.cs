using System.Buffers;

namespace Flow.Secrets;

/// <summary>
/// One stream of bytes on its way through a <see cref="SecretMasker"/>. The result does not depend on how the stream is cut into pieces: what
/// may be the beginning of a secret is held back (never more than the longest secret) until the following bytes decide, or until <see cref="Flush"/>.
/// </summary>
public sealed class SecretMaskingStream
{
    private static readonly byte[] Mask = System.Text.Encoding.ASCII.GetBytes(SecretMasker.Mask);
    private readonly SecretAutomaton? automaton;
    // Positions count from the beginning of the stream. Held bytes are [held, held + heldBytes); runs are what must be masked, from there on.
    private readonly List<(long From, long To)> runs = [];
    private byte[] heldBytes = [];
    private int heldLength;
    private long position, maskedTo;
    private int node;

    internal SecretMaskingStream(SecretAutomaton? automaton) => this.automaton = automaton;

    /// <summary>Takes bytes and writes what is certain.</summary>
    public void Write(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (automaton is null)
        {
            output.Write(input);
            return;
        }

        // 'window' is where input[0] stands; everything before it that is still open is in heldBytes.
        var window = position;
        var written = window - heldLength;
        for (var i = 0; i < input.Length; i++)
        {
            if (node == 0)
            {
                i += automaton.Beginning(input[i..]);
                if (i == input.Length) break;
            }

            node = automaton.Next(node, input[i]);
            var end = window + i + 1;
            if (automaton.Longest(node) is > 0 and var length) Cover(end - length, end);
            if (runs.Count > 16) written = Emit(input, window, written, end - automaton.Depth(node), output);
        }

        position = window + input.Length;
        written = Emit(input, window, written, position - automaton.Depth(node), output);
        Hold(input, window, written);
    }

    /// <summary>The stream has ended: writes what was held back. Afterwards a new stream can begin.</summary>
    public void Flush(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Emit([], position, position - heldLength, position, output);
        (node, heldLength) = (0, 0);
        (position, maskedTo) = (0, 0);
        runs.Clear();
    }

    private void Cover(long from, long to)
    {
        while (runs.Count > 0 && runs[^1].To > from)
        {
            from = Math.Min(from, runs[^1].From);
            runs.RemoveAt(runs.Count - 1);
        }

        runs.Add((from, to));
    }

    // Everything before 'safe' is decided: no secret that is still open begins there.
    private long Emit(ReadOnlySpan<byte> input, long window, long written, long safe, IBufferWriter<byte> output)
    {
        var done = 0;
        foreach (var (from, to) in runs)
        {
            if (from >= safe) break;
            if (from > written) Copy(input, window, written, from, output);
            // A run that goes on from one whose mask is already out gets no second one.
            if (from >= maskedTo) output.Write(Mask);
            maskedTo = to;
            written = Math.Max(written, Math.Min(to, safe));
            if (to > safe) break;
            done++;
        }

        runs.RemoveRange(0, done);
        if (written < safe)
        {
            Copy(input, window, written, safe, output);
            written = safe;
        }

        return written;
    }

    private void Copy(ReadOnlySpan<byte> input, long window, long from, long to, IBufferWriter<byte> output)
    {
        if (from < window)
        {
            var first = heldLength - (int)(window - from);
            output.Write(heldBytes.AsSpan(first, (int)(Math.Min(to, window) - from)));
            from = Math.Min(to, window);
        }

        if (from < to) output.Write(input[(int)(from - window)..(int)(to - window)]);
    }

    private void Hold(ReadOnlySpan<byte> input, long window, long written)
    {
        var length = (int)(position - written);
        var fromBefore = (int)Math.Max(0, window - written);
        if (heldBytes.Length < length) Array.Resize(ref heldBytes, Math.Max(length, 64));
        heldBytes.AsSpan(heldLength - fromBefore, fromBefore).CopyTo(heldBytes);
        input[^(length - fromBefore)..].CopyTo(heldBytes.AsSpan(fromBefore));
        heldLength = length;
    }
}
