using System.Buffers;

namespace Flow.Secrets;

/// <summary>Aho-Corasick with failure links; children as lists, because secrets are long chains and a full table would cost a kilobyte for each byte of them.</summary>
internal sealed class SecretAutomaton
{
    // To search for one of few bytes is quicker than to look at pairs; among many bytes it would stop everywhere.
    private const int FewFirsts = 8;

    private readonly int[] root = new int[256];
    // A bit for each pair of bytes with which a secret begins: other text is passed over without a look at the tree.
    private readonly ulong[] pairs = new ulong[1024];
    private readonly byte[] label;
    private readonly int[] firstChild, sibling, fail, depth, longest;
    private readonly SearchValues<byte> first;
    private readonly bool few;

    public SecretAutomaton(IReadOnlyList<byte[]> patterns)
    {
        var capacity = patterns.Sum(p => p.Length) + 1;
        label = new byte[capacity];
        (firstChild, sibling, fail, depth, longest) = (new int[capacity], new int[capacity], new int[capacity], new int[capacity], new int[capacity]);
        var nodes = 1;
        foreach (var pattern in patterns)
        {
            var node = 0;
            var pair = (pattern[0] << 8) | pattern[1];
            pairs[pair >> 6] |= 1ul << pair;
            foreach (var b in pattern)
            {
                var child = Child(node, b);
                if (child == 0)
                {
                    child = nodes++;
                    (label[child], depth[child]) = (b, depth[node] + 1);
                    if (node == 0) root[b] = child;
                    (sibling[child], firstChild[node]) = (firstChild[node], child);
                }

                node = child;
            }

            longest[node] = pattern.Length;
        }

        Link();
        first = SearchValues.Create([.. Enumerable.Range(0, 256).Where(b => root[b] != 0).Select(b => (byte)b)]);
        few = root.Count(node => node != 0) <= FewFirsts;
    }

    /// <summary>Where a secret may begin; the length of the text when nowhere. The last byte counts when it may begin one: what follows it is not known yet.</summary>
    public int Beginning(ReadOnlySpan<byte> text)
    {
        if (few) return text.IndexOfAny(first) is >= 0 and var at ? at : text.Length;
        var bits = pairs;
        for (var i = 0; i < text.Length - 1; i++)
        {
            var pair = (text[i] << 8) | text[i + 1];
            if ((bits[pair >> 6] >> pair & 1) != 0) return i;
        }
        return text.Length > 0 && root[text[^1]] == 0 ? text.Length : Math.Max(0, text.Length - 1);
    }

    /// <summary>Length of the longest beginning of a secret that ends here.</summary>
    public int Depth(int node) => depth[node];

    /// <summary>Length of the longest secret that ends here; 0 for none.</summary>
    public int Longest(int node) => longest[node];

    public int Next(int node, byte b)
    {
        while (node != 0)
        {
            var child = Child(node, b);
            if (child != 0) return child;
            node = fail[node];
        }

        return root[b];
    }

    private int Child(int node, byte b)
    {
        if (node == 0) return root[b];
        var child = firstChild[node];
        while (child != 0 && label[child] != b) child = sibling[child];
        return child;
    }

    private void Link()
    {
        Queue<int> open = new();
        for (var child = firstChild[0]; child != 0; child = sibling[child]) open.Enqueue(child);
        while (open.TryDequeue(out var node))
        {
            if (longest[node] == 0) longest[node] = longest[fail[node]];
            for (var child = firstChild[node]; child != 0; child = sibling[child])
            {
                fail[child] = Next(fail[node], label[child]);
                open.Enqueue(child);
            }
        }
    }
}
