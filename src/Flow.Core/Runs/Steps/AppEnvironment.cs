using System.Globalization;
using Flow.AddOns;
using Flow.Apps;
using Flow.Routing;
using Flow.Secrets;
using Flow.Sources;

namespace Flow.Runs.Steps;

/// <summary>What an app's processes and commands see: config vars, add-on credentials as they are now, and Flow's own variables.</summary>
internal sealed class AppEnvironment(Providers providers, IRouter router, ConfigSecrets protection)
{
    public async Task<(IReadOnlyDictionary<string, string> Variables, IReadOnlyCollection<string> Secrets)> ResolveAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, string>();
        var secrets = new HashSet<string>();
        foreach (var (name, value) in Given(execution))
        {
            variables[name] = value.IsSecret ? protection.Open(execution.Run.App, execution.Policy, name, value) : value.Plain!;
            if (value.IsSecret) secrets.Add(variables[name]);
        }
        foreach (var (provider, id, attached) in Bound(execution))
        {
            var provisioner = providers.Get<IAddOnProvisioner>(provider);
            var binding = await provisioner.BindAsync(id, cancellationToken);
            foreach (var (offered, value) in binding.Variables)
            {
                var name = Attached(offered, provisioner.Catalogue.Prefix, attached);
                // What the user set by hand counts more than what an add-on offers.
                if (!variables.TryAdd(name, value)) continue;
                if (binding.SecretNames.Contains(offered)) secrets.Add(value);
            }
        }
        AddOwn(execution, variables);
        secrets.RemoveWhere(string.IsNullOrEmpty);
        return (variables, secrets);
    }

    /// <summary>The app's own instances, and, for code that is trusted, those of others that it is attached to.</summary>
    private static IEnumerable<(string Provider, string Id, string? As)> Bound(StepExecution execution)
    {
        if (execution.Artifact.Trust < Trust.Approved) yield break;
        foreach (var own in execution.Grant.Ledger.Where(r => r.Kind == ResourceKind.AddOn && execution.Grant.Uses?.Contains(r.Id) != false)) yield return (own.Provider, own.Id, execution.Grant.AddOns.FirstOrDefault(a => a.Name == own.Name)?.As);
        if (execution.Artifact.Trust == Trust.Trusted)
            foreach (var other in execution.Grant.Attachments) yield return (other.Provider, other.Id, other.Name);
    }

    /// <summary>Under the attachment's name: <c>CACHE_URL</c> for <c>DATABASE_URL</c>.</summary>
    internal static string Attached(string name, string? prefix, string? attachment) =>
        prefix is null || attachment is null || !name.StartsWith(prefix + "_", StringComparison.Ordinal) ? name : attachment + name[prefix.Length..];

    /// <summary>Values of the secret config vars alone.</summary>
    public IReadOnlyCollection<string> SecretsOfConfig(StepExecution execution) =>
        [.. Given(execution).Where(v => v.Value.IsSecret).Select(v => protection.Open(execution.Run.App, execution.Policy, v.Key, v.Value))];

    /// <summary>Config vars that the code may see. An approval gives what every review app has, and nothing that somebody set on this app.</summary>
    private static IEnumerable<KeyValuePair<string, ConfigValue>> Given(StepExecution execution) => execution.Artifact.Trust switch
    {
        Trust.Trusted => execution.Grant.Config,
        Trust.Approved => execution.Grant.Config.Where(v => v.Value.Origin is not ConfigOrigin.Person),
        _ => [],
    };

    /// <summary>Nothing from elsewhere hides them. Also under Heroku's names, for code that comes from there.</summary>
    private void AddOwn(StepExecution execution, Dictionary<string, string> variables)
    {
        var (policy, revision) = (execution.Policy, execution.Grant.Revision ?? execution.Plan.Revision);
        var commit = (revision?.Sha ?? execution.Artifact.Provenance.Commit).ToString();
        void Own(string name, string? value, string? heroku = null)
        {
            variables.Remove("FLOW_" + name);
            if (heroku is not null) variables.Remove(heroku);
            if (string.IsNullOrEmpty(value)) return;
            variables["FLOW_" + name] = value;
            if (heroku is not null) variables[heroku] = value;
        }

        Own("APP_NAME", execution.Run.App.ToString(), "HEROKU_APP_NAME");
        Own("PIPELINE", policy.Pipeline.ToString());
        Own("STAGE", policy.Stage.ToString().ToLowerInvariant());
        Own("URL", router.UrlOf(execution.Run.App).ToString());
        Own("COMMIT", commit, "HEROKU_SLUG_COMMIT");
        Own("RELEASE", execution.Grant.Release is { } release ? "v" + release.ToString(CultureInfo.InvariantCulture) : null, "HEROKU_RELEASE_VERSION");
        Own("BRANCH", policy.Review?.Branch ?? BranchOf(revision), policy.Stage <= Stage.Review ? "HEROKU_BRANCH" : null);
        Own("PR_NUMBER", policy.Review?.Number?.ToString(CultureInfo.InvariantCulture), "HEROKU_PR_NUMBER");
        Own("PROPOSAL", policy.Proposal);
    }

    private const string Heads = "refs/heads/";
    private static string? BranchOf(Revision? revision) => revision?.Ref.StartsWith(Heads, StringComparison.Ordinal) == true ? revision.Ref[Heads.Length..] : revision?.Ref;
}
