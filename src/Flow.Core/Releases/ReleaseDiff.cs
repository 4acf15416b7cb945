using Flow.Apps;
using Flow.Builds;
using Flow.Sources;

namespace Flow.Releases;

/// <summary>What distinguishes one release of an app from another: names, never values.</summary>
public sealed record ReleaseDiff
{
    /// <summary>Number of the release that is compared.</summary>
    public required int From { get; init; }
    /// <summary>Number of the release it is compared with. May be older.</summary>
    public required int To { get; init; }
    /// <summary>What ran.</summary>
    public required ArtifactDigest ArtifactFrom { get; init; }
    /// <summary>What ran then.</summary>
    public required ArtifactDigest ArtifactTo { get; init; }
    /// <summary>Its code.</summary>
    public required CommitSha CommitFrom { get; init; }
    /// <summary>Its code then.</summary>
    public required CommitSha CommitTo { get; init; }
    /// <summary>Its config version; 0: it had none.</summary>
    public required int ConfigFrom { get; init; }
    /// <summary>Its config version then.</summary>
    public required int ConfigTo { get; init; }
    /// <summary>Which config vars differ; null when it is not known any more: a config version goes with the last release that could come back to it.</summary>
    public ConfigDiff? Config { get; init; }
    /// <summary>Names of add-ons that only the later one is bound to.</summary>
    public IReadOnlyList<string> AddOnsAdded { get; init; } = [];
    /// <summary>Names of add-ons that only the earlier one is bound to.</summary>
    public IReadOnlyList<string> AddOnsRemoved { get; init; } = [];

    internal static ReleaseDiff Between(AppState app, Release from, Release to) => new()
    {
        From = from.Number,
        To = to.Number,
        ArtifactFrom = from.Artifact.Digest,
        ArtifactTo = to.Artifact.Digest,
        CommitFrom = CommitOf(from),
        CommitTo = CommitOf(to),
        ConfigFrom = from.Config,
        ConfigTo = to.Config,
        AddOnsAdded = Names(to.AddOns, from.AddOns),
        AddOnsRemoved = Names(from.AddOns, to.AddOns),
        Config = from.Config == to.Config ? new() : ValuesOf(app, from.Config) is { } before && ValuesOf(app, to.Config) is { } after ? ConfigDiff.Between(before, after) : null,
    };

    private static IReadOnlyList<string> Names(IReadOnlyList<AddOnReference> these, IReadOnlyList<AddOnReference> others) => [.. these.Except(others).Select(a => a.Name).Order(StringComparer.Ordinal)];

    private static CommitSha CommitOf(Release release) => release.Revision?.Sha ?? release.Artifact.Provenance.Commit;

    private static IReadOnlyDictionary<string, ConfigValue>? ValuesOf(AppState app, int version) =>
        version == 0 ? ConfigVersion.Empty : app.Configs.FirstOrDefault(c => c.Version == version)?.Values;
}

/// <summary>Names of config vars, plain and secret alike, in order.</summary>
public sealed record ConfigDiff
{
    /// <summary>Only the later one has them.</summary>
    public IReadOnlyList<string> Added { get; init; } = [];
    /// <summary>Both have them, with another value. A secret counts as changed when it was set again, be it to the same value: nobody compares plain text.</summary>
    public IReadOnlyList<string> Changed { get; init; } = [];
    /// <summary>Only the earlier one has them.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    internal static ConfigDiff Between(IReadOnlyDictionary<string, ConfigValue> before, IReadOnlyDictionary<string, ConfigValue> after) => new()
    {
        Added = Names(after.Keys.Where(n => !before.ContainsKey(n))),
        Changed = Names(after.Where(v => before.TryGetValue(v.Key, out var old) && (old.Plain, old.Ciphertext) != (v.Value.Plain, v.Value.Ciphertext)).Select(v => v.Key)),
        Removed = Names(before.Keys.Where(n => !after.ContainsKey(n))),
    };

    private static IReadOnlyList<string> Names(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];
}
