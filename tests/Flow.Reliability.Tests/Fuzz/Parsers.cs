namespace Flow.Reliability.Tests.Fuzz;

/// <summary>All parsers of text that comes from a repository, a build, a disk, a socket or a browser. Whoever writes another one adds it here.</summary>
internal static partial class Parsers
{
    private static readonly Lazy<IReadOnlyList<FuzzedParser>> Made = new(() => [.. OfNames, .. OfRepositories, .. OfManifests, .. OfBuilds, .. OfRecords, .. OfWords, .. OfRequests, .. OfMessages]);

    public static IReadOnlyList<FuzzedParser> All => Made.Value;

    public static FuzzedParser Named(string name) => All.Single(p => p.Name == name);

    /// <summary>A promise about what came out.</summary>
    private static void Must(bool so, string what)
    {
        if (!so) throw new InvalidOperationException($"Broken promise: {what}");
    }
}
