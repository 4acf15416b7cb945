namespace Flow.Manifests;

/// <summary>What one commit's <c>app.json</c> asks for, as far as the engine goes on using it.</summary>
/// <param name="Id">Equal files have equal ids within an app.</param>
/// <param name="Manifest">For the app's stage.</param>
/// <param name="Later">For permanent stages where it says something else; null: nowhere.</param>
/// <param name="Generated">Ciphertexts of new secrets for the config vars that it wants generated; used where the app has none yet.</param>
/// <param name="Notes">What in it could not be honoured, for people.</param>
public sealed record Requirements(
    string Id, AppManifest Manifest, IReadOnlyDictionary<Stage, AppManifest>? Later = null, IReadOnlyDictionary<string, string>? Generated = null, IReadOnlyList<string>? Notes = null)
{
    /// <summary>The same file for an app of another stage.</summary>
    internal Requirements For(Stage stage) => this with { Manifest = Later?.GetValueOrDefault(stage) ?? Manifest };
}
