namespace Flow.Secrets;

/// <summary>What one walk over all secrets has found so far.</summary>
internal sealed class RewrapWalk(ISecretRotation rotation)
{
    // A stage's secret lies in its pipeline and in each of its apps: it gets the same new ciphertext everywhere, so that those who compare see no change.
    private readonly Dictionary<(string Purpose, string Ciphertext), string> shared = [];
    private readonly List<string> unreadable = [];
    private int current, unreadableCount;

    public int Rewrapped { get; set; }

    /// <summary>Old ciphertext to new, for those that need it.</summary>
    public IReadOnlyDictionary<string, string> Look(IEnumerable<(string Purpose, string Ciphertext)> secrets)
    {
        Dictionary<string, string> pairs = new(StringComparer.Ordinal);
        foreach (var (purpose, ciphertext) in secrets)
        {
            try
            {
                var known = shared.GetValueOrDefault((purpose, ciphertext));
                if ((known ?? rotation.Rewrap(purpose, ciphertext)) is not { } now) current++;
                else
                {
                    pairs[ciphertext] = now;
                    if (known is null && purpose.StartsWith("pipeline/", StringComparison.Ordinal)) shared[(purpose, ciphertext)] = now;
                }
            }
            catch (FlowException trouble) when (trouble.Code == "secret-unreadable")
            {
                unreadableCount++;
                if (unreadable.Count < RewrapReport.MostPlaces) unreadable.Add(purpose);
            }
        }
        return pairs;
    }

    public RewrapReport Report() => new(Rewrapped, current, unreadableCount, [.. unreadable]);
}
