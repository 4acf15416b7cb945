namespace Flow.Manifests;

/// <summary>An <c>app.json</c> as read. What describes it is for people only; what counts is <see cref="For"/>.</summary>
public sealed record AppJsonFile
{
    /// <summary>A label; at most 300 characters.</summary>
    public string? Name { get; init; }
    /// <summary>For people; at most 1,000 characters.</summary>
    public string? Description { get; init; }
    /// <summary>As written; at most 500 characters, not checked: never a link without looking at it.</summary>
    public string? Website { get; init; }
    /// <inheritdoc cref="Website"/>
    public string? Repository { get; init; }
    /// <inheritdoc cref="Website"/>
    public string? Logo { get; init; }
    /// <summary>At most 50, each at most 100 characters.</summary>
    public IReadOnlyList<string> Keywords { get; init; } = [];
    /// <summary>Base image of old platforms, as written. Nothing uses it.</summary>
    public string? Image { get; init; }
    /// <summary>What was accepted all the same, in the order of the file as far as possible; at most 100.</summary>
    public IReadOnlyList<ManifestWarning> Warnings { get; init; } = [];

    internal IReadOnlyDictionary<Stage, AppManifest> Stages { get; init; } = new Dictionary<Stage, AppManifest>();

    /// <summary>
    /// What the code says for an app of this stage: the base, and on top what <c>environments</c> holds under the stage's name. <c>env</c> is merged by name, <c>formation</c> by process type and
    /// <c>scripts</c> by script, each entry as a whole; <c>addons</c>, <c>buildpacks</c>, <c>stack</c> and <c>success_url</c> are replaced when given; <c>flow</c> is merged by key.
    /// </summary>
    public AppManifest For(Stage stage) => Stages.GetValueOrDefault(stage, AppManifest.Empty);
}
