using System.Security.Cryptography;
using Flow.Apps;
using Flow.Manifests;

namespace Flow.Secrets;

/// <summary>Where the ciphertexts of config vars belong, and how they are made and opened.</summary>
internal sealed class ConfigSecrets(ISecretProtector? protector)
{
    public ISecretProtector Protector => protector ?? throw NoProtector();

    /// <summary>Binds a ciphertext to its place.</summary>
    public static string Purpose(AppName app, string name) => $"app/{app}/config/{name}";

    /// <summary>The same for a config var of all apps of a stage.</summary>
    public static string StagePurpose(PipelineName pipeline, Stage stage, string name) => $"pipeline/{pipeline}/{stage.ToString().ToLowerInvariant()}/config/{name}";

    public static string PurposeOf(AppName app, AppPolicy policy, string name, ConfigValue value) =>
        value.Origin == ConfigOrigin.Stage ? StagePurpose(policy.Pipeline, policy.Stage, name) : Purpose(app, name);

    public string Open(AppName app, AppPolicy policy, string name, ConfigValue secret) => Protector.Unprotect(PurposeOf(app, policy, name, secret), secret.Ciphertext!);

    /// <summary>A new secret for each config var that the manifest wants generated; null: none. (Heroku: 64 hexadecimal characters.)</summary>
    public IReadOnlyDictionary<string, string>? Generate(AppName app, AppManifest manifest)
    {
        var wanted = manifest.Env.Where(e => e.Value is { Generated: true, Value: null }).Select(e => e.Key).ToList();
        return wanted.Count == 0 ? null : wanted.ToDictionary(name => name, name => Protector.Protect(Purpose(app, name), RandomNumberGenerator.GetHexString(64, lowercase: true)));
    }

    public static FlowException NoProtector() => new("secrets-unprotected", "Secret config vars need an ISecretProtector: add one to the host, such as .UseDataProtection() of Flow.AspNetCore.");
}
