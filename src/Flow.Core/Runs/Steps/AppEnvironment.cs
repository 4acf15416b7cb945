using System.Globalization;
using Flow.AddOns;
using Flow.Apps;
using Flow.Routing;
using Flow.Secrets;
using Flow.Sources;

namespace Flow.Runs.Steps;

/// <summary>What an app's processes and commands see: config vars, add-on credentials as they are now, and Flow's own variables.</summary>
internal sealed class AppEnvironment(Providers providers, IRouter router, IServiceProvider services)
{
    public async Task<(IReadOnlyDictionary<string, string> Variables, IReadOnlyCollection<string> Secrets)> ResolveAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, string>();
        var secrets = new HashSet<string>();
        var trusted = execution.Artifact.Trust == Trust.Trusted;

        foreach (var (name, value) in execution.Grant.Config)
        {
            if (!value.IsSecret) variables[name] = value.Plain!;
            else if (trusted)
            {
                var plain = Protector.Unprotect(ConfigSecrets.Purpose(execution.Run.App, name), value.Ciphertext!);
                variables[name] = plain;
                secrets.Add(plain);
            }
        }
        if (trusted)
            foreach (var resource in execution.Grant.Ledger.Where(r => r.Kind == ResourceKind.AddOn))
            {
                var binding = await providers.Get<IAddOnProvisioner>(resource.Provider).BindAsync(resource.Id, cancellationToken);
                foreach (var (name, value) in binding.Variables)
                {
                    // What the user set by hand counts more than what an add-on offers.
                    if (!variables.TryAdd(name, value)) continue;
                    if (binding.SecretNames.Contains(name)) secrets.Add(value);
                }
            }

        variables["FLOW_APP"] = execution.Run.App.ToString();
        variables["FLOW_PIPELINE"] = execution.Policy.Pipeline.ToString();
        variables["FLOW_STAGE"] = execution.Policy.Stage.ToString().ToLowerInvariant();
        variables["FLOW_COMMIT"] = ((execution.Grant.Revision ?? execution.Plan.Revision)?.Sha ?? execution.Artifact.Provenance.Commit).ToString();
        variables["FLOW_URL"] = router.UrlOf(execution.Run.App).ToString();
        if (execution.Grant.Release is { } release) variables["FLOW_RELEASE"] = "v" + release.ToString(CultureInfo.InvariantCulture);
        if (execution.Policy.Proposal is { } proposal) variables["FLOW_PROPOSAL"] = proposal;
        secrets.RemoveWhere(string.IsNullOrEmpty);
        return (variables, secrets);
    }

    /// <summary>Values of the secret config vars alone; none for code that nobody vouches for, which is not given any.</summary>
    public IReadOnlyCollection<string> SecretsOfConfig(StepExecution execution) => execution.Artifact.Trust != Trust.Trusted ? []
        : [.. execution.Grant.Config.Where(v => v.Value.IsSecret).Select(v => Protector.Unprotect(ConfigSecrets.Purpose(execution.Run.App, v.Key), v.Value.Ciphertext!))];

    private ISecretProtector Protector => (ISecretProtector?)services.GetService(typeof(ISecretProtector)) ?? throw ConfigSecrets.NoProtector();
}

internal static class ConfigSecrets
{
    /// <summary>Binds a ciphertext to its place.</summary>
    public static string Purpose(AppName app, string name) => $"app/{app}/config/{name}";

    /// <summary>Binds a ciphertext of a whole stage's config to its place.</summary>
    public static string StagePurpose(PipelineName pipeline, Stage stage, string name) => $"pipeline/{pipeline}/{stage.ToString().ToLowerInvariant()}/config/{name}";

    public static FlowException NoProtector() => new("secrets-unprotected", "Secret config vars need an ISecretProtector: add one to the host, such as .UseDataProtection() of Flow.AspNetCore.");
}
